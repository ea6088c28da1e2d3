import JSON
import Resources
import Rollouts

/// A variable in the environment of a Lambda function, which tells what the function works on.
struct FunctionVariable: Decodable, Sendable {
  /// What there is; that it cannot be told is thrown instead.
  enum Reading: Sendable, Hashable {
    case value(String)
    /// The function is there, without such a variable.
    case noVariable
    /// Lambda says that there is no such function.
    case noFunction
  }

  var function: String
  var region: String?
  var variable: String

  static let fields: [InputField] = [
    .required("function", .string, "The function's name or ARN."),
    .optional("region", .string, "Its region; by default that of the step."),
    .required("variable", .string, "The variable of its environment."),
  ]

  /// How messages name it.
  var title: String {
    "\(variable) of the function \(function)" + (region.map { " in \($0)" } ?? "")
  }

  func place(_ account: CloudAccount) -> CloudPlace {
    FunctionConfiguration.place(of: function, region: region, account)
  }

  func right(_ account: CloudAccount) -> StepRight {
    let place = place(account)
    return .look(
      CloudUse(
        "lambda", "GetFunctionConfiguration", at: place,
        on: FunctionConfiguration.arn(of: function, at: place)))
  }

  /// What stands there now; throws when it cannot be told.
  func reading(_ account: CloudAccount, in site: Site) async throws(Failure) -> Reading {
    let found = try await FunctionConfiguration.read(function, at: place(account), in: site)
    guard let found else { return .noFunction }
    return found.variables[variable].map { .value($0) } ?? .noVariable
  }

  /// The value; nil for a function or variable that is surely not there.
  func read(_ account: CloudAccount, in site: Site) async throws(Failure) -> String? {
    switch try await reading(account, in: site) {
    case .value(let value): value
    case .noVariable, .noFunction: nil
    }
  }
}
