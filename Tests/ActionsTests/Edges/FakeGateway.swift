import JSON
import Resources
import Synchronization

@testable import Actions

/// An API Gateway with one domain that has one mapping, and pages of APIs.
final class FakeGateway: Sendable {
  private struct State {
    var mapped: String?
    var losesNext = false
    var isDenied = false
  }

  private final class Box: Sendable {
    let state = Mutex(State())
  }

  let cloud: ScriptedCloud
  private let box: Box

  var mapped: String? { box.state.withLock { $0.mapped } }

  init(apis: [[(id: String, name: String)]]) {
    let box = Box()
    self.box = box
    let pages = apis.map { page in
      JSONValue.array(page.map { ["id": .string($0.id), "name": .string($0.name)] })
    }
    cloud = ScriptedCloud { (call) throws(CloudFailure) in
      let result = box.state.withLock { state in
        Self.answer(call, &state, pages)
      }
      return try result.get()
    }
  }

  func set(_ api: String?) { box.state.withLock { $0.mapped = api } }
  func loseNextAnswer() { box.state.withLock { $0.losesNext = true } }
  func deny() { box.state.withLock { $0.isDenied = true } }

  private static func answer(
    _ call: ScriptedCloud.Call, _ state: inout State, _ pages: [JSONValue]
  ) -> Result<JSONValue, CloudFailure> {
    if state.isDenied { return .failure(ScriptedCloud.error("AccessDeniedException")) }
    switch call.operation {
    case "GetRestApis":
      let number = call.path.split(separator: "=").last.flatMap { Int($0) } ?? 0
      let page = number == 500 ? 0 : number
      var answer: JSONValue = ["item": pages[page]]
      if page + 1 < pages.count { answer["position"] = .string("\(page + 1)") }
      return .success(answer)
    case "GetDomainName": return .success(["domainName": "d.test"])
    case "GetBasePathMapping":
      guard let api = state.mapped else {
        return .failure(ScriptedCloud.error("NotFoundException"))
      }
      return .success(["basePath": "(none)", "restApiId": .string(api), "stage": "s"])
    case "CreateBasePathMapping": state.mapped = call.input["restApiId"]?.string
    case "UpdateBasePathMapping":
      state.mapped = call.input["patchOperations"]?[0]?["value"]?.string
    case "DeleteBasePathMapping": state.mapped = nil
    case _: return .failure(ScriptedCloud.error("UnknownOperationException"))
    }
    if state.losesNext {
      state.losesNext = false
      return .failure(.wire(.transient("the line broke", hint: "Again."), wasSent: true))
    }
    return .success(.object([]))
  }
}
