import JSON
import Resources
import Rollouts
import Subprocesses
import Synchronization

/// One verb of a plug-in: starts it, hears it out, and holds it to the protocol.
struct PluginCall: Sendable {
  /// What may wait to be read; a plug-in that writes faster floods.
  private static let pendingBytesMax = 4 << 20
  /// All that one verb may write.
  private static let totalBytesMax = 256 << 20
  private static let keptBytesMax = 64 << 10

  let program: StepProgram
  let path: String
  let title: String

  typealias Save = @Sendable (JSONValue) async throws(Failure) -> Void

  private enum Part: Sendable {
    case ended(Result<Outcome, Failure>)
    case heard(Result<PluginMessage?, Failure>)
  }

  /// How much was written and not read yet, and all in all.
  private final class Meter: Sendable {
    private let counts = Mutex((pending: 0, total: 0))

    /// False when it is too much.
    func add(_ count: Int) -> Bool {
      counts.withLock { counts in
        counts.pending += count + 1
        counts.total += count + 1
        return counts.pending <= pendingBytesMax && counts.total <= totalBytesMax
      }
    }

    func take(_ count: Int) { counts.withLock { $0.pending -= count + 1 } }
  }

  /// Runs the verb to its result; `save` takes its checkpoints, nil where it may have none.
  ///
  /// A plug-in that breaks the protocol, or cannot save, is ended at once.
  func run(
    _ request: JSONValue, isMarked: Bool, pace: Pace?, save: Save?
  ) async throws(Failure) -> JSONValue {
    let meter = Meter()
    let (lines, feed) = AsyncStream.makeStream(of: [UInt8]?.self)
    let handler: Subprocess.LineHandler = { stream, line in
      guard stream == .output else { return }
      // Nil says that it floods; what it writes after that is not kept.
      feed.yield(meter.add(line.count) ? line : nil)
    }
    var outcome: Result<Outcome, Failure>?
    var heard: Result<PluginMessage?, Failure>?
    await withTaskGroup(of: Part.self) { group in
      group.addTask {
        let result = await start(request, isMarked: isMarked, line: handler)
        feed.finish()
        return .ended(result)
      }
      group.addTask { .heard(await hear(lines, meter, pace, save)) }
      for await part in group {
        switch part {
        case .ended(let result): outcome = result
        case .heard(let result):
          heard = result
          if case .failure = result { group.cancelAll() }
        }
      }
    }
    if case .failure(let failure)? = heard { throw failure }
    guard let ended = try outcome?.get(), let last = try heard?.get() else {
      throw try broken("it ended without a result", outcome)
    }
    return try judge(last, ended)
  }

  private func judge(_ last: PluginMessage, _ ended: Outcome) throws(Failure) -> JSONValue {
    switch last {
    case .failure(let failure): throw named(failure)
    case .result(let value):
      if let complaint = program.complaint([title], ended, success: [0]) {
        throw broken("it gave a result, but \(complaint)")
      }
      return value
    case .progress, .note, .checkpoint: throw broken("it ended without a result")
    }
  }

  private func named(_ failure: Failure) -> Failure {
    let secrets = program.site.secrets
    return Failure(
      failure.kind, secrets.redact("\(title): \(failure.summary)"),
      hint: secrets.redact(failure.hint))
  }

  private func start(
    _ request: JSONValue, isMarked: Bool, line: @escaping Subprocess.LineHandler
  ) async -> Result<Outcome, Failure> {
    do throws(Failure) {
      let input = request.compact() + [10]
      if isMarked {
        return .success(
          try await program.runMarked(
            [path], input: input, outputBytesMax: Self.keptBytesMax, line: line))
      }
      return .success(
        try await program.run([path], input: input, outputBytesMax: Self.keptBytesMax, line: line))
    } catch {
      return .failure(error)
    }
  }

  /// Takes the lines in order; the last message, once the plug-in has ended.
  private func hear(
    _ lines: AsyncStream<[UInt8]?>, _ meter: Meter, _ pace: Pace?, _ save: Save?
  ) async -> Result<PluginMessage?, Failure> {
    var last: PluginMessage?
    do throws(Failure) {
      for await line in lines {
        guard let line else { throw broken("it floods its output, or writes endless lines") }
        meter.take(line.count)
        if line.isEmpty { continue }
        if last != nil { throw broken("it wrote more after its result") }
        switch try message(line) {
        case .progress(let reading): pace?.report(redacted(reading))
        case .note(let text): try await pace?.note("\(title): \(program.site.secrets.redact(text))")
        case .checkpoint(let value):
          guard let save else { throw broken("it wrote a checkpoint outside of apply") }
          try await save(value)
        case .result(let value): last = .result(value)
        case .failure(let failure): last = .failure(failure)
        }
      }
      return .success(last)
    } catch {
      return .failure(error)
    }
  }

  private func redacted(_ reading: Pace.Reading) -> Pace.Reading {
    var reading = reading
    reading.waitingFor = reading.waitingFor.map(program.site.secrets.redact)
    reading.unit = program.site.secrets.redact(reading.unit)
    return reading
  }

  private func message(_ line: [UInt8]) throws(Failure) -> PluginMessage {
    do throws(PluginMistake) {
      return try PluginMessage(line, without: program.site.secrets)
    } catch {
      throw broken(error.description)
    }
  }

  /// How it ended says more than the missing result, if it says anything.
  private func broken(
    _ why: String, _ outcome: Result<Outcome, Failure>?
  ) throws(Failure) -> Failure {
    guard let ended = try outcome?.get(),
      let complaint = program.complaint([title], ended, success: [0])
    else { return broken(why) }
    return broken("\(why): \(complaint)")
  }

  func broken(_ why: String) -> Failure {
    .permanent(
      "\(title): \(program.site.secrets.redact(why))",
      hint: "This is the plug-in's mistake; docs/plugins.md says what it should do.")
  }
}
