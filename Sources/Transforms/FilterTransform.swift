import JSON
import Resources
import Subprocesses

/// Asks a filter program what becomes of items, one batch after the other.
///
/// One process answers for as long as it lives. When it ends or falls silent in the middle of a
/// batch it is started anew for what was not answered, first for the item that it was at; that item
/// has failed if it happens again. What it cannot be made to answer is an error of the step.
actor FilterTransform: TableTransform {
  /// The longest line; an item has 400 KB at most, and bytes may be escaped.
  private static let lineBytesMax = 16 << 20
  /// All that it may answer to one batch.
  private static let answerBytesMax = 1 << 30
  /// How often in a row it may end without having answered anything.
  private static let breakdownsMax = 5
  /// How long it has to end when its input has.
  private static let farewell: Duration = .seconds(20)
  private static let notesMax = 100
  private static let textMax = 500

  private let program: FilterProgram
  private let tableText: [UInt8]
  private var dialogue: Dialogue?
  private var seq = 0
  private var breakdowns = 0
  private var noteCount = 0
  /// Whether a batch is under way, and those that wait for its end.
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ program: FilterProgram) {
    self.program = program
    tableText = JSONValue.string(program.table).compact()
  }

  deinit { dialogue?.stop() }

  func apply(_ items: [Item]) async throws(Failure) -> [MigrationOutcome] {
    await takeTurn()
    defer { passTurn() }
    var outcomes = [MigrationOutcome?](repeating: nil, count: items.count)
    var isAlone = false
    while let first = outcomes.firstIndex(where: { $0 == nil }) {
      let asked = isAlone ? [first] : outcomes.indices.filter { outcomes[$0] == nil }
      let exchange = try await ask(asked.map { items[$0] })
      for (place, outcome) in zip(asked, exchange.outcomes) { outcomes[place] = outcome }
      guard let breakdown = exchange.breakdown else {
        isAlone = false
        continue
      }
      let isBlamed = asked.count == 1
      breakdowns = exchange.outcomes.contains { $0 != nil } ? 0 : breakdowns + 1
      guard breakdowns < Self.breakdownsMax else {
        throw await broken("\(breakdown), \(breakdowns) times in a row", items[first])
      }
      if isBlamed { outcomes[first] = .failed("the filter \(breakdown)") }
      isAlone = !isBlamed
    }
    return outcomes.compactMap(\.self)
  }

  /// Ends the program's input and waits until it has ended.
  func close() async throws(Failure) {
    await takeTurn()
    defer { passTurn() }
    guard let dialogue else { return }
    self.dialogue = nil
    dialogue.close(within: Self.farewell)
    var failure: Failure?
    for await word in dialogue.words {
      do throws(Failure) {
        switch word {
        case .line(.errors, let line): try await note(line)
        case .line(.output, _): break
        case .ended(let result):
          guard let outcome = try? result.get(), !outcome.succeeded else { continue }
          let what =
            outcome.interruption == .timeLimit
            ? "did not end when its input did, and was stopped" : ending(outcome)
          try await program.note("after its last answer the filter \(what)")
        }
      } catch {
        failure = error
      }
    }
    await dialogue.waitForEnd()
    if let failure { throw failure }
  }

  // MARK: One exchange

  private struct Exchange {
    /// Nil for what was not answered.
    var outcomes: [MigrationOutcome?]
    /// Why no more answers came.
    var breakdown: String?
  }

  private func ask(_ items: [Item]) async throws(Failure) -> Exchange {
    if Task.isCancelled { throw .cancelled }
    let dialogue = try running()
    let base = seq
    seq += items.count
    let table = tableText
    dialogue.ask(items.count, within: program.answerLimit) {
      FilterAnswer.question(base + $0, items[$0].bytes, of: table)
    }
    let result = await withTaskCancellationHandler {
      await hear(items, base, dialogue)
    } onCancel: {
      dialogue.stop()
    }
    switch result {
    case .success(let exchange):
      if exchange.breakdown != nil { self.dialogue = nil }
      if Task.isCancelled { throw .cancelled }
      return exchange
    case .failure(let failure):
      self.dialogue = nil
      dialogue.stop()
      await dialogue.waitForEnd()
      throw Task.isCancelled ? .cancelled : failure
    }
  }

  private func running() throws(Failure) -> Dialogue {
    if let dialogue { return dialogue }
    let invocation = Invocation(
      program.argv[0], Array(program.argv.dropFirst()), environment: program.environment,
      folder: program.folder, lineBytesMax: Self.lineBytesMax, timeLimit: nil)
    do throws(SubprocessFailure) {
      let begun = try Dialogue.begin(invocation)
      dialogue = begun
      return begun
    } catch {
      throw failure(error)
    }
  }

  /// Takes lines until every item is done.
  private func hear(
    _ items: [Item], _ base: Int, _ dialogue: Dialogue
  ) async -> Result<Exchange, Failure> {
    var answers = Answers(count: items.count, base: base, targets: program.targets)
    var bytes = 0
    do throws(Failure) {
      for await word in dialogue.words {
        switch word {
        case .line(.errors, let line):
          dialogue.took(line.count)
          try await note(line)
        case .line(.output, let line):
          dialogue.took(line.count)
          bytes += line.count
          guard bytes <= Self.answerBytesMax else {
            throw await broken("floods its output", items[answers.firstOpen])
          }
          do throws(FilterAnswer.Mistake) {
            guard try answers.take(line) else { continue }
          } catch {
            let text = quoted(line)
            throw await broken("wrote a line \(error.text): \(text)", items[answers.firstOpen])
          }
          if answers.isComplete {
            dialogue.expect(within: nil)
            breakdowns = 0
            return .success(Exchange(outcomes: answers.outcomes))
          }
          dialogue.expect(within: program.answerLimit)
        case .ended(.failure(let error)): throw failure(error)
        case .ended(.success(let outcome)):
          return .success(
            Exchange(outcomes: answers.outcomes, breakdown: ending(outcome, answers.mistake)))
        }
      }
      throw .cancelled
    } catch {
      return .failure(error)
    }
  }

  /// How it ended, with what was wrong with its answer up to then, and with the last words that it
  /// wrote to standard error.
  private func ending(_ outcome: Outcome, _ mistake: String? = nil) -> String {
    let answer = mistake == nil ? "no answer" : "no whole answer"
    let mistake = mistake.map { ", having answered \(program.redact($0))" } ?? ""
    let words = program.redact(outcome.errors.text).split(separator: "\n").last.map(String.init)
    let last = words.map { ": \($0.prefix(Self.textMax))" } ?? ""
    if outcome.interruption == .timeLimit {
      return "gave \(answer) within \(program.answerLimit)\(mistake)\(last)"
    }
    switch outcome.ending {
    case .exited(let code): return "ended with status \(code)\(mistake)\(last)"
    case .signalled(let number): return "was ended by signal \(number)\(mistake)\(last)"
    }
  }

  private func broken(_ what: String, _ item: Item) async -> Failure {
    let name = program.redact(await program.name(item))
    return .permanent(
      "the filter \(program.argv[0]) \(what); it was at the item \(name)",
      hint: "It answers one JSON object a line, as docs/migrations.md says; remarks belong on "
        + "standard error. Mend it, then 'cutover retry'.")
  }

  private func failure(_ error: SubprocessFailure) -> Failure {
    let text = program.redact("the filter \(program.argv[0]): \(error.description)")
    return switch error.kind {
    case .notFound: .permanent(text, hint: "Install the program, or write its full path.")
    case .denied: .permanent(text, hint: "Check its permissions.")
    case .exhausted, .gone: .transient(text, hint: "The machine is out of something.")
    case .unknown: .permanent(text, hint: "Look which processes run.")
    }
  }

  private func quoted(_ line: [UInt8]) -> String {
    String(program.redact(String(decoding: line, as: UTF8.self)).prefix(Self.textMax))
  }

  private func note(_ line: [UInt8]) async throws(Failure) {
    guard !line.isEmpty, noteCount <= Self.notesMax else { return }
    noteCount += 1
    try await program.note(
      noteCount > Self.notesMax
        ? "the filter says more, which is not kept" : "the filter says: \(quoted(line))")
  }

  // MARK: Turns

  private func takeTurn() async {
    guard isBusy else {
      isBusy = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func passTurn() {
    if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
  }
}

/// What was answered so far to the items of one exchange.
private struct Answers {
  private let base: Int
  private let targets: [String]
  private var rows: [OutcomeRows]
  private var isDone: [Bool]
  private var openCount: Int
  /// What was wrong with a line about an item, until the item is done.
  private var mistakes: [Int: String] = [:]

  init(count: Int, base: Int, targets: [String]) {
    self.base = base
    self.targets = targets
    rows = Array(repeating: OutcomeRows(), count: count)
    isDone = Array(repeating: false, count: count)
    openCount = count
  }

  var isComplete: Bool { openCount == 0 }

  /// The item that it is at, if it takes them in their order.
  var firstOpen: Int { isDone.firstIndex(of: false) ?? 0 }

  /// What is wrong with its unfinished answer to the item that it is at.
  var mistake: String? { mistakes[firstOpen] }

  /// Takes a line; true when it was the last one about its item.
  mutating func take(_ line: [UInt8]) throws(FilterAnswer.Mistake) -> Bool {
    let answer: FilterAnswer
    do throws(FilterAnswer.Mistake) {
      answer = try FilterAnswer(line)
    } catch {
      // Only the item is spoilt whose line it is.
      guard let seq = error.seq, isDone.indices.contains(seq - base), !isDone[seq - base] else {
        throw error
      }
      let text = "the filter answered \(error.text)"
      rows[seq - base].add(OutcomeRows.Row(reject: text), targets: targets)
      mistakes[seq - base] = mistakes[seq - base] ?? error.text
      if error.isLast { finish(seq - base) }
      return error.isLast
    }
    let place = answer.seq - base
    guard isDone.indices.contains(place), !isDone[place] else {
      throw FilterAnswer.Mistake(
        seq: answer.seq, text: "about the item \(answer.seq), which is not asked about")
    }
    if let row = answer.row { rows[place].add(row, targets: targets) }
    if answer.isLast { finish(place) }
    return answer.isLast
  }

  private mutating func finish(_ place: Int) {
    isDone[place] = true
    mistakes[place] = nil
    openCount -= 1
  }

  var outcomes: [MigrationOutcome?] {
    rows.indices.map { place in
      guard isDone[place] else { return nil }
      return rows[place].isEmpty
        ? .failed("the filter is done with it, but gave no outcome") : rows[place].outcome
    }
  }
}
