internal import Commands
internal import Foundation
internal import JSON
internal import Resources
internal import Rollouts

/// What is to be tried: a playbook's step, a file with a statement, or a filter program.
struct TrialSource {
  /// The input of a `tables.migrate` step, with its references resolved.
  var input: JSONValue
  var environment: String
  var step: String
  var from: Colour
  /// Where a filter's relative paths begin.
  var folder: String

  /// A step of a playbook; the only one that uses `tables.migrate` if none is named.
  static func step(
    _ name: String?, of path: String, _ options: TransformTryCommand, _ context: Context
  ) async throws -> TrialSource {
    let read = try ReadPlaybook.read(path, options.playbook, context)
    let steps = read.playbook.steps.filter { $0.uses == "tables.migrate" }
    guard
      let step = name.map({ name in steps.first { $0.id.hasSameBytes(as: name) } })
        ?? (steps.count == 1 ? steps[0] : nil)
    else {
      let known = steps.map(\.id).joined(separator: ", ")
      throw Refusal(
        .usage,
        name.map { "\(path) has no step '\($0)' that uses tables.migrate" }
          ?? "\(path) has \(Words.count(steps.count, "step")) with tables.migrate",
        hint: steps.isEmpty ? "Name another playbook." : "Name one behind the playbook: \(known).")
    }
    let recorded = try await recorded(read.playbook.environment, options, context)
    let (from, _) = try await Beginning(wiring: context.wiring).colour(
      of: read.playbook, recorded: recorded, said: options.live)
    let input = try read.playbook.input(of: step.id, from: from) { _, _ in nil }
    return TrialSource(
      input: input, environment: read.playbook.environment, step: step.id, from: from,
      folder: read.playbook.folder ?? FileManager.default.currentDirectoryPath)
  }

  private static func recorded(
    _ environment: String, _ options: TransformTryCommand, _ context: Context
  ) async throws -> Colour? {
    do {
      return try await options.journal.open(.read, in: context).environments().first {
        $0.name.hasSameBytes(as: environment)
      }?.live
    } catch let refusal as Refusal where refusal.code == .noFile {
      return nil
    }
  }

  /// A statement or a filter on its own, with what the command line says about it.
  static func alone(_ options: TransformTryCommand) throws -> TrialSource {
    let place = options.from ?? "items:///"
    let targets = options.targets.isEmpty ? ["items"] : options.targets
    var input: JSONValue = [
      "from": .string(place),
      "targets": .array(
        targets.enumerated().map { index, name in
          // Without a word about them, items change in place.
          let table = options.targets.isEmpty ? place : "items:///target-\(index + 1)"
          return ["name": .string(name), "table": .string(table)]
        }),
    ]
    if options.isFilter {
      input["filter"] = .array(options.what.map { .string($0) })
    } else {
      let bytes = try InputFile.read(options.what[0], noun: "statement")
      input["sql"] = .array(
        String(decoding: bytes, as: UTF8.self).split(
          separator: "\n", omittingEmptySubsequences: false
        )
        .map { .string(String($0)) })
    }
    return TrialSource(
      input: input, environment: "trial", step: "trial", from: .blue,
      folder: FileManager.default.currentDirectoryPath)
  }

  /// Adds what the command line says besides.
  mutating func add(_ options: TransformTryCommand) throws {
    if let from = options.from { input["from"] = .string(from) }
    if !options.parameters.isEmpty {
      var parameters = input["parameters"] ?? .object([])
      for one in options.parameters { parameters[one.name] = .string(one.value) }
      input["parameters"] = parameters
    }
    if !options.lookups.isEmpty {
      let more = try options.lookups.map(Self.lookup)
      input["lookups"] = .array((input["lookups"]?.elements ?? []) + more)
    }
    if !options.inherited.isEmpty {
      input["inherit"] = .array((["PATH"] + options.inherited).map { .string($0) })
    }
    if let limit = options.answerLimit { input["answerLimit"] = .string(limit) }
  }

  private static func lookup(_ text: String) throws -> JSONValue {
    let document = JSONDocument(
      Array(text.utf8), dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    guard document.problems.isEmpty, let root = document.root, root.members != nil else {
      throw Refusal(
        .usage, "--lookup '\(text)' is no JSON5 object",
        hint: "Write such as {name: \"sizes\", from: \"dynamodb://us-east-1/sizes\", "
          + "columns: {id: \"id\"}}.")
    }
    return JSONValue(root)
  }
}
