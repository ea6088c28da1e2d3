import JSON
import Resources
import Rollouts

/// A DynamoDB table of one name in one region.
///
/// Replicas of a global table are tables of their own: each is described, read and deleted where it
/// is. Source: DescribeTable, DeleteTable and Scan in the API reference of DynamoDB.
struct RegionalTable: Sendable {
  /// What DynamoDB says of it; that there is none is nil instead.
  struct State: Sendable {
    struct Replica: Sendable {
      let region: String
      let status: String
      let reason: String
    }

    let value: JSONValue

    var status: String { value["TableStatus"]?.string ?? "" }
    /// Another table of the same name has another one; empty where the server tells none.
    var id: String { value["TableId"]?.string ?? "" }
    var arn: String { value["TableArn"]?.string ?? "" }
    var isProtected: Bool { value["DeletionProtectionEnabled"]?.bool == true }
    /// Whether its items can be read: one that is being made has none, one that goes loses them.
    var isReadable: Bool { status != "CREATING" && status != "DELETING" }
    var hasStream: Bool { value["StreamSpecification"]?["StreamEnabled"]?.bool == true }
    var replicas: [Replica] {
      (value["Replicas"]?.elements ?? []).map { replica in
        Replica(
          region: replica["RegionName"]?.string ?? "?",
          status: replica["ReplicaStatus"]?.string ?? "",
          reason: replica["ReplicaStatusDescription"]?.string ?? "")
      }
    }
  }

  let name: String
  let region: String
  let service: CloudService

  init(_ name: String, in region: String, _ place: CloudPlace, _ site: Site) {
    self.name = name
    self.region = region
    service = CloudService("dynamodb", at: place.moved(to: region), in: site)
  }

  var title: String { "\(name) in \(region)" }
  private var subject: JSONValue { ["TableName": .string(name)] }

  /// The table's full name, for rights.
  static func arn(_ name: String, in region: String, _ place: CloudPlace) -> String {
    place.moved(to: region).name("dynamodb", "table/\(name)")
  }

  /// Nil only when DynamoDB says that there is no such table; whatever else goes wrong is thrown.
  func state() async throws(Failure) -> State? {
    switch try await service.call("DescribeTable", subject, about: title) {
    case .error(code: "ResourceNotFoundException", _): return nil
    case .error(_, let failure): throw failure
    case .answer(let answer):
      guard let table = answer["Table"], table["TableName"]?.string?.hasSameBytes(as: name) == true
      else {
        throw .transient(
          "\(title): DynamoDB described something else",
          hint: "It is tried again; look at what stands between here and AWS.")
      }
      return State(value: table)
    }
  }

  /// How many pages without an item are read before it is given up; one is the rule.
  private static let emptyPagesMax = 1000

  /// Whether it holds nothing at all, read consistently.
  func isEmpty() async throws(Failure) -> Bool {
    var question = subject
    question["Limit"] = 1
    question["ConsistentRead"] = true
    question["Select"] = "COUNT"
    for _ in 0..<Self.emptyPagesMax {
      let answer = try await service.ask("Scan", question, about: title)
      guard let count = answer["Count"]?.integer else {
        throw .transient(
          "\(title): DynamoDB did not say how many items it found", hint: "It is tried again.")
      }
      if count > 0 { return false }
      guard let next = answer["LastEvaluatedKey"], !next.isNull else { return true }
      question["ExclusiveStartKey"] = next
    }
    throw .transient("\(title): there is no end to its pages", hint: "It is tried again.")
  }

  /// Asks for its deletion; why it cannot be begun yet, or nil once it has begun or it is gone.
  func delete() async throws(Failure) -> String? {
    switch try await service.call("DeleteTable", subject, about: title) {
    case .answer, .error(code: "ResourceNotFoundException", _): return nil
    case .error(let code, let failure):
      if code == "ResourceInUseException" || code == "ReplicaNotFoundException" {
        return failure.summary
      }
      // A replica that is being deleted, or that was the source of another within 24 hours.
      let words = failure.summary.replacing(name, with: "").lowercased()
      if code == "ValidationException", words.contains("replica") { return failure.summary }
      throw failure
    }
  }

  /// The names that an input means: a table's name, or the URL of it.
  static func name(of text: String) -> String {
    let scheme = "dynamodb://"
    guard text.hasPrefix(scheme), let url = try? ResourceURL(text) else { return text }
    return String(url.path.dropFirst())
  }
}
