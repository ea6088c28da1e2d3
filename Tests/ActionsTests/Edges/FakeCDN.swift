import JSON
import Resources
import Synchronization

@testable import Actions

/// A CloudFront as its API reference tells it: tags, names that only one may have, slow rollouts.
final class FakeCDN: CloudExchange {
  struct Distribution: Sendable {
    var names: [String]
    var tag = 1
    /// Looks at the status until it is deployed.
    var looksLeft = 0
    var hasCertificate = true
    var comment = "old"
  }

  private struct State {
    var distributions: [String: Distribution] = [:]
    var log: [String] = []
    var operations: Set<String> = []
    /// By number of the update, from 1: what it fails with, before it does anything.
    var faults: [Int: CloudFailure] = [:]
    /// Before that update somebody else changes the distribution.
    var rivals: Set<Int> = []
    var updates = 0
    var listed = 1
  }

  private let state = Mutex(State())
  private let watcher = Mutex<@Sendable (Int) -> Void>({ _ in })

  init(_ distributions: [String: Distribution]) {
    state.withLock { $0.distributions = distributions }
  }

  var log: [String] { state.withLock { $0.log } }
  var operations: Set<String> { state.withLock { $0.operations } }
  func names(_ id: String) -> [String] {
    state.withLock { $0.distributions[id]?.names ?? [] }
  }
  func comment(_ id: String) -> String? { state.withLock { $0.distributions[id]?.comment } }
  func change(_ id: String, _ body: @Sendable (inout Distribution) -> Void) {
    state.withLock { state in
      guard var found = state.distributions[id] else { return }
      body(&found)
      state.distributions[id] = found
    }
  }

  /// Counts updates anew, with faults at some of them.
  func fail(_ faults: [Int: CloudFailure], rivals: Set<Int> = []) {
    state.withLock { state in
      state.updates = 0
      state.faults = faults
      state.rivals = rivals
    }
  }

  /// Called after each update with its number.
  func whenUpdating(_ body: @escaping @Sendable (Int) -> Void) { watcher.withLock { $0 = body } }

  static let taken = ScriptedCloud.error("CNAMEAlreadyExists")
  static let killed = CloudFailure.wire(.cancelled, wasSent: false)

  func permissions(for use: CloudUse) throws(Failure) -> [Permission] { [] }

  func call(_ call: CloudCall, in context: ProviderContext) async throws(CloudFailure) -> CloudReply
  {
    let (result, number) = state.withLock { state in
      state.operations.insert(call.operation)
      return (Self.answer(call, &state), state.updates)
    }
    if call.operation == "UpdateDistribution" { watcher.withLock { $0 }(number) }
    return try result.get()
  }

  private static func answer(
    _ call: CloudCall, _ state: inout State
  ) -> Result<CloudReply, CloudFailure> {
    let path = call.route?.path ?? ""
    let id = path.split(separator: "/").dropFirst(2).first.map { String($0.prefix { $0 != "?" }) }
    switch call.operation {
    case "ListDistributions": return .success(list(path, &state))
    case "GetDistribution":
      guard var found = id.flatMap({ state.distributions[$0] }), let id else { break }
      let status = found.looksLeft == 0 ? "Deployed" : "InProgress"
      found.looksLeft = max(0, found.looksLeft - 1)
      state.distributions[id] = found
      return .success(json(["Status": .string(status)]))
    case "GetDistributionConfig":
      guard let found = id.flatMap({ state.distributions[$0] }) else { break }
      let tag = [(name: "ETag", value: "E\(found.tag)")]
      let body = call.keepsXML ? Array(xml(found).utf8) : config(found).compact()
      return .success(CloudReply(status: 200, headers: tag, body: body))
    case "UpdateDistribution":
      guard let id, state.distributions[id] != nil else { break }
      return update(call, id, &state)
    case _: break
    }
    return .failure(ScriptedCloud.error("NoSuchDistribution"))
  }

  /// One distribution a page.
  private static func list(_ path: String, _ state: inout State) -> CloudReply {
    let ids = state.distributions.keys.sorted()
    let start = path.split(separator: "=").last.flatMap { ids.firstIndex(of: String($0)) } ?? 0
    var summary: JSONValue = ["Id": .string(ids[start])]
    let config = config(state.distributions[ids[start]] ?? Distribution(names: []))
    summary["Aliases"] = config["Aliases"]
    var answer: JSONValue = [
      "IsTruncated": .string("\(start + 1 < ids.count)"),
      "Items": ["DistributionSummary": summary],
    ]
    if start + 1 < ids.count { answer["NextMarker"] = .string(ids[start + 1]) }
    return json(answer)
  }

  private static func update(
    _ call: CloudCall, _ id: String, _ state: inout State
  ) -> Result<CloudReply, CloudFailure> {
    state.updates += 1
    if let fault = state.faults[state.updates] { return .failure(fault) }
    if state.rivals.contains(state.updates) {
      state.distributions[id]?.tag += 1
      state.distributions[id]?.comment = "rival"
    }
    guard var found = state.distributions[id],
      call.headers.contains(where: { $0.name == "If-Match" && $0.value == "E\(found.tag)" })
    else { return .failure(ScriptedCloud.error("PreconditionFailed")) }
    let text = (try? JSONValue(reading: call.input))?.string ?? ""
    let names = text.split(separator: "<CNAME>").dropFirst().map { piece in
      String(piece.prefix { $0 != "<" })
    }
    for (other, value) in state.distributions where other != id {
      if names.contains(where: { value.names.contains($0) }) { return .failure(taken) }
    }
    let added = names.filter { !found.names.contains($0) }
    let removed = found.names.filter { !names.contains($0) }
    state.log += added.map { "\(id)+\($0)" } + removed.map { "\(id)-\($0)" }
    found.names = names
    found.comment = String(text.split(separator: "<Comment>").last?.prefix { $0 != "<" } ?? "")
    found.tag += 1
    found.looksLeft = 2
    state.distributions[id] = found
    return .success(json(.object([])))
  }

  private static func config(_ distribution: Distribution) -> JSONValue {
    let names = distribution.names.map { JSONValue.string($0) }
    let list: JSONValue = names.count == 1 ? names[0] : .array(names)
    return [
      "Aliases": names.isEmpty ? ["Quantity": "0"] : ["Items": ["CNAME": list]],
      "ViewerCertificate": distribution.hasCertificate
        ? ["ACMCertificateArn": "arn"] : ["CloudFrontDefaultCertificate": "true"],
    ]
  }

  private static func xml(_ distribution: Distribution) -> String {
    let names = distribution.names.map { "<CNAME>\($0)</CNAME>" }.joined()
    return """
      <?xml version="1.0"?><!-- <Aliases/> -->
      <DistributionConfig xmlns="x"><CallerReference>r</CallerReference>\
      <Origins><Items><Aliases>not these</Aliases></Items></Origins>\
      <Aliases><Quantity>\(distribution.names.count)</Quantity><Items>\(names)</Items></Aliases>\
      <Comment>\(distribution.comment)</Comment></DistributionConfig>
      """
  }

  private static func json(_ value: JSONValue) -> CloudReply {
    CloudReply(status: 200, headers: [], body: value.compact())
  }
}
