import JSON
import Resources
import Rollouts

/// Makes a table with its settings and replicas, and waits until all of it can be used.
///
/// Safe to repeat: every part is looked at first, and only what is missing is made. A table of the
/// same name with another key or other indexes is refused.
struct TableBuild: Sendable {
  let home: RegionalTable
  let replicas: [RegionalTable]
  let blueprint: TableBlueprint
  /// Who made it, written on it as a tag.
  let maker: String?
  let every: Duration
  let step: String

  /// The tag by which a step knows its own table again.
  static let makerTag = "cutover:made-by"

  private var subject: JSONValue { ["TableName": .string(home.name)] }

  func run(until end: Timestamp, _ pace: Pace) async throws(Failure) -> RegionalTable.State {
    if try await home.state() == nil { try await create(until: end, pace) }
    try await settle(home, until: end, pace)
    try await setOptions(home, until: end, pace)
    for replica in replicas { try await add(replica, until: end, pace) }
    return try await settle(home, until: end, pace)
  }

  // MARK: The table

  private func create(until end: Timestamp, _ pace: Pace) async throws(Failure) {
    var input = blueprint.input
    input["TableName"] = .string(home.name)
    if !replicas.isEmpty, input["StreamSpecification"] == nil {
      // Replication reads the stream.
      input["StreamSpecification"] = [
        "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES",
      ]
    }
    if let maker {
      let tag: JSONValue = ["Key": .string(Self.makerTag), "Value": .string(maker)]
      input["Tags"] = .array((input["Tags"]?.elements ?? []) + [tag])
    }
    try await change("CreateTable", input, at: home, until: end, pace, isDone: true)
  }

  /// Waits until the table is ACTIVE, and refuses one that is not like the blueprint.
  @discardableResult
  private func settle(
    _ table: RegionalTable, until end: Timestamp, _ pace: Pace
  ) async throws(Failure) -> RegionalTable.State {
    while true {
      var reason = "it is not there yet"
      if let state = try await seen(table) {
        switch state.status {
        case "ACTIVE":
          if let difference = blueprint.difference(from: state.value) {
            throw .refused(
              "\(table.title) is another table: \(difference)",
              hint: "Remove it, or name another one.")
          }
          return state
        case "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED":
          throw .permanent(
            "\(table.title) is \(state.status)", hint: "Mend that, then 'cutover retry \(step)'.")
        case let status: reason = status
        }
      }
      try await rest("\(table.title) to be ACTIVE (\(reason))", until: end, pace)
    }
  }

  /// What is there; nil also where it cannot be told just now.
  private func seen(_ table: RegionalTable) async throws(Failure) -> RegionalTable.State? {
    do throws(Failure) {
      return try await table.state()
    } catch {
      guard error.isTransient else { throw error }
      return nil
    }
  }

  private func setOptions(
    _ table: RegionalTable, until end: Timestamp, _ pace: Pace
  ) async throws(Failure) {
    if table.region == home.region {
      try await setExpiry(until: end, pace)
      if let stream = blueprint.input["StreamSpecification"],
        try await seen(home)?.hasStream == false
      {
        var input = subject
        input["StreamSpecification"] = stream
        try await change("UpdateTable", input, at: home, until: end, pace)
        try await settle(home, until: end, pace)
      }
    }
    guard blueprint.hasRecovery else { return }
    let there = try await table.service.ask(
      "DescribeContinuousBackups", subject, about: table.title)
    if TableBlueprint.recovers(there) { return }
    var input = subject
    input["PointInTimeRecoverySpecification"] = ["PointInTimeRecoveryEnabled": true]
    try await change("UpdateContinuousBackups", input, at: table, until: end, pace)
  }

  private func setExpiry(until end: Timestamp, _ pace: Pace) async throws(Failure) {
    guard let attribute = blueprint.timeToLive else { return }
    let there = try await home.service.ask("DescribeTimeToLive", subject, about: home.title)
    if let found = TableBlueprint.expiryAttribute(there) {
      guard found.hasSameBytes(as: attribute) else {
        throw .refused(
          "items of \(home.title) expire by '\(found)', not by '\(attribute)'",
          hint: "Mend that, or name another table.")
      }
      return
    }
    var input = subject
    input["TimeToLiveSpecification"] = ["Enabled": true, "AttributeName": .string(attribute)]
    try await change("UpdateTimeToLive", input, at: home, until: end, pace)
  }

  // MARK: Replicas

  private func add(
    _ replica: RegionalTable, until end: Timestamp, _ pace: Pace
  ) async throws(Failure) {
    while true {
      let state = try await settle(home, until: end, pace)
      let there = state.replicas.first { $0.region.hasSameBytes(as: replica.region) }
      switch there?.status {
      case "ACTIVE":
        try await settle(replica, until: end, pace)
        try await setOptions(replica, until: end, pace)
        return
      case "CREATION_FAILED", "REPLICATION_NOT_AUTHORIZED", "REGION_DISABLED":
        throw .permanent(
          "the replica of \(home.title) in \(replica.region) is \(there?.status ?? ""): "
            + (there?.reason ?? ""), hint: "Mend the cause, then 'cutover retry \(step)'.")
      case nil:
        guard try await replica.state() == nil else {
          throw .refused(
            "\(replica.title) is there already and is no replica of \(home.title)",
            hint: "Remove it, or name another table.")
        }
        var input = subject
        input["ReplicaUpdates"] = [["Create": ["RegionName": .string(replica.region)]]]
        try await change("UpdateTable", input, at: home, until: end, pace)
      case _?: break
      }
      try await rest(
        "the replica in \(replica.region) to be ACTIVE (\(there?.status ?? "asked for"))",
        until: end, pace)
    }
  }

  // MARK: Waiting

  /// Errors behind which another change of the table is under way.
  private static let passing: Set<String> = [
    "ResourceInUseException", "ContinuousBackupsUnavailableException", "TableInUseException",
  ]

  /// Makes a change as soon as no other is in the way; `isDone`: that one is under way is as good.
  private func change(
    _ operation: String, _ input: JSONValue, at table: RegionalTable, until end: Timestamp,
    _ pace: Pace, isDone: Bool = false
  ) async throws(Failure) {
    while true {
      switch try await table.service.call(operation, input, about: table.title) {
      case .answer: return
      case .error(let code, let failure):
        guard Self.passing.contains(code) else { throw failure }
        if isDone { return }
        try await rest("\(table.title) to take changes (\(code))", until: end, pace)
      }
    }
  }

  private func rest(_ reason: String, until end: Timestamp, _ pace: Pace) async throws(Failure) {
    let next = pace.clock.now() + every
    guard next <= end else {
      throw .permanent(
        "\(home.title) is not ready in time: waiting for \(reason)",
        hint: "Look at it there, then 'cutover retry \(step)'.")
    }
    try await pace.wait(until: next, for: reason)
  }
}
