import JSON
import Resources
import Rollouts

/// What `aws.call` is told.
package typealias CloudStepInput = Beside<CloudAccount, Beside<CloudRequest, CloudStepOwn>>

/// What of that is not shared with others.
package struct CloudStepOwn: Decodable, Sendable {
  struct Expectation: Decodable, Sendable {
    /// By path into the answer.
    var json: [String: JSONValue]?
    /// Error codes that are as good as an answer.
    var errors: [String]?
  }

  /// A call that looks whether the work is done.
  struct Check: Decodable, Sendable {
    var done: [String: JSONValue]?
    /// Error codes that mean that it surely is not done.
    var missing: [String]?
    /// Values of the answer that undo is given, by the path at which they stand.
    var remember: [String: String]?
  }

  struct Poll: Decodable, Sendable {
    var until: [String: JSONValue]?
    var errors: [String]?
    var failed: [String: JSONValue]?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  struct Undo: Decodable, Sendable {
    var errors: [String]?
    var poll: Beside<CloudRequest, Poll>?
  }

  var service: String
  var expect: Expectation?
  var check: Beside<CloudRequest, Check>?
  var poll: Beside<CloudRequest, Poll>?
  var undo: Beside<CloudRequest, Undo>?
  var outputs: [String: String]?
  var repeatable: Bool?
  var changes: Bool?
  var timeLimit: PlaybookDuration?
}

extension Beside where Group == CloudAccount, Own == Beside<CloudRequest, CloudStepOwn> {
  var isChanging: Bool { self.changes ?? !self.request.isLooking }
  var isReversible: Bool { !isChanging || self.undo != nil }
  /// Whether sending it again after a crash needs nobody's word.
  var isRepeatable: Bool { self.repeatable ?? !isChanging }
}

extension CloudStepOwn {
  private static let request = [CloudRequest.serviceField] + CloudRequest.fields

  private static let poll =
    request + [
      .optional("until", .map(.any), "Conditions by path that mean that it is done."),
      .optional("errors", .list(.string), "Error codes that mean that it is done."),
      .optional("failed", .map(.any), "Conditions by path, each of which means that it failed."),
      .optional("every", .duration, "The pause between two questions.", default: "5s"),
      .optional("within", .duration, "How long it may take.", default: "10m"),
    ]

  static let fields: [InputField] =
    [
      .required(
        "service", .string, "The service, as the command-line tool of AWS names it.")
    ] + CloudRequest.fields + CloudAccount.fields + [
      .optional(
        "expect",
        .object([
          .optional("json", .map(.any), "Conditions by path into the answer."),
          .optional("errors", .list(.string), "Error codes that are as good as an answer."),
        ]), "What the answer must be like."),
      .optional(
        "check",
        .object(
          request + [
            .optional("done", .map(.any), "Conditions by path that mean that the work is done."),
            .optional(
              "missing", .list(.string), "Error codes that mean that it surely is not done."),
            .optional(
              "remember", .map(.string),
              "Values for undo, which writes them as {name}, by their path in the answer."),
          ]), "A call that looks, before anything is changed and after a crash."),
      .optional("poll", .object(poll), "Asks afterwards until what was begun is done."),
      .optional(
        "undo",
        .object(
          request + [
            .optional("errors", .list(.string), "Error codes that mean that it is undone."),
            .optional("poll", .object(poll), "Asks afterwards until it is undone."),
          ]),
        "The call that takes it back; {name} stands for what was remembered or an output."),
      .optional("outputs", .map(.string), "Outputs by their path in the answer."),
      .optional(
        "repeatable", .boolean,
        "Whether making the call twice does no harm; if not, a crash in the middle asks a person, "
          + "unless there is a check.", default: "false for calls that change something"),
      .optional(
        "changes", .boolean,
        "False for a call that only looks; by default so for Describe…, Get…, List… and the like."),
      .optional("timeLimit", .duration, "How long the answer may take to come.", default: "1m"),
    ]
}
