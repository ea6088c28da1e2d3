import Harness
import JSON
import Resources
import Synchronization

@testable import Actions

/// One global table as DynamoDB keeps it, with the states that moto does not have, and functions.
///
/// A table takes two looks to be made, changed or deleted. Speaks as DescribeTable, DeleteTable and
/// UpdateTable do in the API reference; the refusals are those of the developer guide.
final class FakeDynamo: Sendable {
  struct Table {
    var id: String
    var status = "ACTIVE"
    /// How many more looks find it so.
    var looks = 0
    var items = 0
    var isProtected = false
    var tags: [JSONValue] = []
    var definition: JSONValue = FakeDynamo.definition
    var recovers = false
    var expiresBy: String?
    var isReplicating = true
  }

  struct State {
    var tables: [String: Table] = [:]
    var functions: [String: JSONValue] = [:]
    /// Errors by call, such as `DeleteTable us-east-1`, answered first and once each.
    var errors: [String: [CloudFailure]] = [:]
    var made = 0
    var failsReplicas = false
    var beforeCall: (@Sendable (inout State, String) -> Void)?
  }

  static let name = "efcms-exp-beta"
  static let definition: JSONValue = [
    "AttributeDefinitions": [
      ["AttributeName": "pk", "AttributeType": "S"], ["AttributeName": "sk", "AttributeType": "S"],
    ],
    "KeySchema": [
      ["AttributeName": "pk", "KeyType": "HASH"], ["AttributeName": "sk", "KeyType": "RANGE"],
    ], "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": ["StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"],
  ]

  let state = Mutex(State())

  /// With a table in each of these regions.
  init(_ regions: String...) {
    state.withLock { state in
      for region in regions { state.tables[region] = Table(id: "first-\(region)") }
    }
  }

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
  var regions: [String] { state.withLock { $0.tables.keys.sorted() } }
  func table(_ region: String) -> Table? { state.withLock { $0.tables[region] } }

  func setFunction(_ name: String, _ variables: [String: String]) {
    let members = variables.map { JSONValue.Member($0.key, .string($0.value)) }
    change {
      $0.functions[name] = [
        "FunctionName": .string(name), "Environment": ["Variables": .object(members)],
      ]
    }
  }

  var cloud: ScriptedCloud {
    ScriptedCloud { [self] (call) throws(CloudFailure) in
      let result = state.withLock { state -> Result<JSONValue, CloudFailure> in
        state.beforeCall?(&state, call.text)
        if state.errors[call.text]?.isEmpty == false {
          return .failure(state.errors[call.text]?.removeFirst() ?? Self.missing)
        }
        do throws(CloudFailure) {
          return .success(try Self.answer(call, &state))
        } catch {
          return .failure(error)
        }
      }
      return try result.get()
    }
  }

  private static let missing = ScriptedCloud.error("ResourceNotFoundException")

  private static func answer(
    _ call: ScriptedCloud.Call, _ state: inout State
  ) throws(CloudFailure) -> JSONValue {
    let region = call.region
    switch call.operation {
    case "GetFunctionConfiguration":
      let name = call.path.split(separator: "/").dropLast().last.map(String.init) ?? ""
      guard let function = state.functions[name] else { throw missing }
      return function
    case "CreateTable":
      guard state.tables[region] == nil else {
        throw ScriptedCloud.error("ResourceInUseException")
      }
      state.made += 1
      var table = Table(id: "made-\(state.made)", status: "CREATING", looks: 2)
      table.tags = call.input["Tags"]?.elements ?? []
      table.definition = call.input
      state.tables[region] = table
      return [:]
    case "DescribeTable": return try describe(region, &state)
    case _: break
    }
    guard var table = state.tables[region] else { throw missing }
    defer { state.tables[region] = table }
    switch call.operation {
    case "Scan":
      guard !["CREATING", "DELETING"].contains(table.status) else { throw missing }
      return ["Count": JSONValue(min(table.items, 1)), "ScannedCount": 1]
    case "DescribeTimeToLive":
      guard let name = table.expiresBy else { return ["TimeToLiveDescription": [:]] }
      return [
        "TimeToLiveDescription": ["TimeToLiveStatus": "ENABLED", "AttributeName": .string(name)]
      ]
    case "UpdateTimeToLive":
      table.expiresBy = call.input["TimeToLiveSpecification"]?["AttributeName"]?.string
    case "DescribeContinuousBackups":
      let status = table.recovers ? "ENABLED" : "DISABLED"
      return [
        "ContinuousBackupsDescription": [
          "PointInTimeRecoveryDescription": ["PointInTimeRecoveryStatus": .string(status)]
        ]
      ]
    case "UpdateContinuousBackups": table.recovers = true
    case "ListTagsOfResource": return ["Tags": .array(table.tags)]
    case "DeleteTable":
      if table.status == "DELETING" { return [:] }
      guard table.status == "ACTIVE" else {
        throw ScriptedCloud.error("ResourceInUseException", "Table is being \(table.status)")
      }
      let isHeld = state.tables.contains { $0.key != region && $0.value.status == "DELETING" }
      if isHeld {
        throw ScriptedCloud.error("ValidationException", "A replica is being deleted")
      }
      table.status = "DELETING"
      table.looks = 2
    case "UpdateTable":
      guard table.status == "ACTIVE" else { throw ScriptedCloud.error("ResourceInUseException") }
      let update = call.input["ReplicaUpdates"]?[0]?["Create"]?["RegionName"]?.string
      guard let update else { return [:] }
      state.made += 1
      var replica = Table(id: "made-\(state.made)", status: "CREATING", looks: 3)
      replica.definition = table.definition
      if state.failsReplicas { replica.status = "CREATION_FAILED" }
      state.tables[update] = replica
      table.status = "UPDATING"
      table.looks = 2
    case let other: throw ScriptedCloud.error("UnknownOperationException", other)
    }
    return [:]
  }

  private static func describe(
    _ region: String, _ state: inout State
  ) throws(CloudFailure) -> JSONValue {
    guard var table = state.tables[region] else { throw missing }
    for other in state.tables.keys {
      guard var moved = state.tables[other], moved.looks > 0 else { continue }
      moved.looks -= 1
      if moved.looks == 0 {
        if moved.status == "DELETING" {
          state.tables[other] = nil
          continue
        }
        if moved.status != "CREATION_FAILED" { moved.status = "ACTIVE" }
      }
      state.tables[other] = moved
      if other == region { table = moved }
    }
    guard state.tables[region] != nil else { throw missing }
    var value = table.definition
    value["TableName"] = .string(name)
    value["TableStatus"] = .string(table.status == "CREATION_FAILED" ? "CREATING" : table.status)
    value["TableId"] = .string(table.id)
    value["TableArn"] = .string("arn:aws:dynamodb:\(region):1:table/\(name)")
    value["LatestStreamArn"] = .string("arn:aws:dynamodb:\(region):1:table/\(name)/stream/1")
    value["DeletionProtectionEnabled"] = .bool(table.isProtected)
    value["BillingModeSummary"] = ["BillingMode": "PAY_PER_REQUEST"]
    let others = state.tables.filter { $0.key != region && $0.value.isReplicating }
    value["Replicas"] = .array(
      others.sorted { $0.key < $1.key }.map {
        [
          "RegionName": .string($0.key), "ReplicaStatus": .string($0.value.status),
          "ReplicaStatusDescription": "why",
        ]
      })
    return ["Table": value]
  }
}
