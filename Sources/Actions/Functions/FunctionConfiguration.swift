import JSON
import Resources
import Rollouts

/// How a Lambda function is set up, as far as steps care.
///
/// Source: GetFunctionConfiguration in the API reference of Lambda.
struct FunctionConfiguration: Sendable {
  let variables: [String: String]
  /// Changes with every change of the function; an update may be bound to it.
  let revision: String?
  /// `Successful`, `Failed` or `InProgress`.
  let updateStatus: String
  let updateReason: String

  /// Where a function is called: an ARN names its region itself.
  static func place(
    of function: String, region: String?, _ account: CloudAccount
  ) -> CloudPlace {
    let parts = function.split(separator: ":", omittingEmptySubsequences: false)
    let named = parts.count > 3 && parts[0] == "arn" ? String(parts[3]) : nil
    return account.place.moved(to: named ?? region)
  }

  /// The full name of a function, for rights.
  static func arn(of function: String, at place: CloudPlace) -> String {
    function.hasPrefix("arn:") ? function : place.name("lambda", "function:\(function)")
  }

  static func path(of function: String, _ rest: String) -> String {
    "/2015-03-31/functions/\(URLTemplate.encoded(function))\(rest)"
  }

  /// Nil when Lambda says that there is no such function; throws when it cannot be told.
  static func read(
    _ function: String, at place: CloudPlace, in site: Site
  ) async throws(Failure) -> FunctionConfiguration? {
    let answer = try await CloudService("lambda", at: place, in: site).call(
      "GetFunctionConfiguration", .null, about: "the function \(function)",
      route: ("GET", path(of: function, "/configuration")))
    switch answer {
    case .error(code: "ResourceNotFoundException", _): return nil
    case .error(_, let failure): throw failure
    case .answer(let value): return try FunctionConfiguration(value, of: function)
    }
  }

  /// Throws where the environment could not be read: it must never pass for an empty one.
  init(_ value: JSONValue, of function: String) throws(Failure) {
    guard value["FunctionArn"]?.string != nil || value["FunctionName"]?.string != nil else {
      throw .transient(
        "the function \(function): Lambda gave an answer without a function in it",
        hint: "It is tried again; look at what stands between here and AWS.")
    }
    let environment = value["Environment"]
    if let error = environment?["Error"], !error.isNull {
      let code = error["ErrorCode"]?.string ?? "an error"
      throw .refused(
        "the environment of the function \(function) cannot be read: \(code)",
        hint: "Grant kms:Decrypt on its key; if its role was made anew, update the function.")
    }
    var variables: [String: String] = [:]
    for member in environment?["Variables"]?.members ?? [] {
      variables[member.name] = CommandOutputs.text(member.value)
    }
    self.variables = variables
    revision = value["RevisionId"]?.string
    updateStatus = value["LastUpdateStatus"]?.string ?? "Successful"
    updateReason = value["LastUpdateStatusReason"]?.string ?? ""
  }
}
