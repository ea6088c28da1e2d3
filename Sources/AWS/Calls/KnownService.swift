import JSON
import Resources

/// A service out of the table, with what the generic protocols need to know of it.
struct KnownService: Sendable {
  let service: AWSService
  /// The only region that answers for the whole of the public partition, where there is one.
  let homeRegion: String?
  /// Whether lists are flattened as EC2 wants them: `InstanceId.1`, without `member`.
  let isEC2: Bool

  /// Refuses an unknown name, with the nearest known one.
  init(named name: String) throws(Failure) {
    guard let columns = ServiceRows.columns(of: name), columns.count >= 4 else {
      let near = nearest(to: name, in: ServiceRows.names)
      throw .permanent(
        "AWS has no service '\(name)' that is known here",
        hint: near.map { "Did you mean '\($0)'?" }
          ?? "Name it as the command-line tool of AWS does, such as 'cognito-idp'.")
    }
    let endpoint = columns[1] == "-" ? columns[0] : columns[1]
    let signing = columns[2] == "-" ? endpoint : columns[2]
    let dialect: AWSService.Dialect
    switch columns[3] {
    case "json" where columns.count >= 6:
      dialect = .json(version: String(columns[4]), target: String(columns[5]))
    case "query" where columns.count >= 5, "ec2" where columns.count >= 5:
      dialect = .query(version: String(columns[4]))
    case "rest-json": dialect = .restJSON
    case "rest-xml": dialect = .restXML
    case _: preconditionFailure("the row of \(name) names no protocol")
    }
    isEC2 = columns[3] == "ec2"
    service = AWSService(
      name, endpoint: String(endpoint), signing: String(signing), dialect,
      isGlobal: columns.last == "global")
    homeRegion = columns.last.flatMap { column in
      column.hasPrefix("home:") ? String(column.dropFirst("home:".count)) : nil
    }
  }

  /// The place of a call, moved to where the service lives.
  ///
  /// Other partitions have homes of their own, which only their users know.
  func home(of place: CloudPlace, _ region: String) -> CloudPlace {
    guard let homeRegion, CloudPartition.of(region) == .standard else { return place }
    var place = place
    place.region = homeRegion
    return place
  }
}
