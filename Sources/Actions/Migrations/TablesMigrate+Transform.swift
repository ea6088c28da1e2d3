package import Resources
package import Rollouts
import Subprocesses

// What says what becomes of each item: a SQL statement, or a program that is asked.
extension TablesMigrate {
  private static let answerLimitDefault: Duration = .seconds(60)

  /// The environment's secrets are revealed when a filter is tried while planning.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    guard input.filter != nil else { return (input.lookups ?? []).flatMap(\.rights) }
    return [.reveal((input.environment ?? [:]).values.sorted())]
  }

  func checkTransform() throws(Failure) {
    for lookup in input.lookups ?? [] { _ = try lookup.origin() }
    switch (input.sql, input.filter) {
    case (nil, nil), (_?, _?):
      throw .permanent(
        "\(Self.name): say either 'sql' or 'filter'", hint: "See docs/migrations.md.")
    case (_?, nil):
      guard input.environment == nil, input.inherit == nil, input.answerLimit == nil else {
        throw .permanent(
          "\(Self.name): 'environment', 'inherit' and 'answerLimit' are for a 'filter'",
          hint: "A statement gets its 'parameters'.")
      }
    case (nil, let argv?):
      try StepProgram.check(argv, of: site.step)
      guard input.lookups == nil, input.freshLookups == nil, input.parameters == nil else {
        throw .permanent(
          "\(Self.name): 'lookups', 'freshLookups' and 'parameters' are for 'sql'",
          hint: "Hand a filter what it needs as words of its command line, or in 'environment'.")
      }
    }
  }

  func statement(at moment: Timestamp, lookupPath: String?) -> TransformStatement {
    TransformStatement(
      (input.sql ?? []).joined(separator: "\n"), targets: input.targets.map(\.name),
      parameters: input.parameters ?? [:], moment: moment,
      lookups: (input.lookups ?? []).map(\.table), lookupPath: lookupPath)
  }

  private var program: StepProgram {
    StepProgram(
      site: site,
      surroundings: StepProgram.Surroundings(
        environment: input.environment ?? [:],
        inherit: input.inherit ?? ProgramSurroundings.inheritDefault, folder: site.playbookFolder,
        timeLimit: input.answerLimit?.duration ?? Self.answerLimitDefault))
  }

  private func filter(
    _ argv: [String], at moment: Timestamp,
    note: @escaping @Sendable (String) async throws(Failure) -> Void
  ) async throws(Failure) -> FilterProgram {
    let program = program
    var environment = try await program.environment()
    environment["CUTOVER_MOMENT"] = moment.description
    let (site, url) = (site, input.from)
    return FilterProgram(
      argv: argv, environment: environment, folder: program.surroundings.folder,
      table: input.from.text, targets: input.targets.map(\.name),
      answerLimit: program.surroundings.timeLimit,
      name: { item in
        (try? await site.table(url).key(of: item).text)
          ?? String(decoding: item.bytes.prefix(Self.excerptBytes), as: UTF8.self)
      }, note: note, redact: { site.secrets.redact($0) })
  }

  private static let excerptBytes = 200

  /// Says what is wrong before anything is read: compiles the statement, or starts the filter
  /// with nothing to ask.
  func tryTransform(at moment: Timestamp) async throws(Failure) {
    guard let argv = input.filter else {
      _ = try site.outside.transforms.make(statement(at: moment, lookupPath: nil))
      return
    }
    let program = program
    let outcome = try await program.run(argv, outputBytesMax: Self.trialBytesMax)
    if let complaint = program.complaint(argv, outcome, success: [0]) {
      throw .permanent(
        "step \(site.step): asked about no item at all, the filter \(complaint)",
        hint: "With its input at the end it must end with status 0.")
    }
  }

  private static let trialBytesMax = 64 << 10

  /// Makes the transform, and ends what it has started however `body` ends.
  ///
  /// A filter that a killed run left behind is ended first.
  func withTransform<Value: Sendable>(
    at moment: Timestamp, lookupPath: String?, _ pace: Pace,
    _ body: (any TableTransform) async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    guard let argv = input.filter else {
      return try await body(
        try site.outside.transforms.make(statement(at: moment, lookupPath: lookupPath)))
    }
    let program = program
    try await program.settleLeftovers(isStopping: true, pace: pace)
    let transform = try site.outside.transforms.make(
      try await filter(argv, at: moment) { (text) throws(Failure) in try await pace.note(text) })
    try program.running.set()
    let value: Value
    do throws(Failure) {
      value = try await body(transform)
    } catch {
      try? await transform.close()
      try program.running.clear()
      throw error
    }
    try await transform.close()
    try program.running.clear()
    return value
  }
}
