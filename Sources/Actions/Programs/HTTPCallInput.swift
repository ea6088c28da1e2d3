import JSON
import Resources
import Rollouts

/// What `http.call` is told.
struct HTTPCallInput: Decodable, Sendable {
  /// Asks again and again until the answer is as wanted.
  struct Poll: Decodable, Sendable {
    var url: String
    var headers: [String: String]?
    /// Values that must all stand at these paths.
    var until: [String: JSONValue]
    /// Values of which one, at its path, means that it went wrong.
    var failed: [String: JSONValue]?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  struct Undo: Decodable, Sendable {
    var url: String
    var method: String?
    var headers: [String: String]?
    var body: String?
    var status: [Int]?
  }

  var request: HTTPProbe.Input
  var expect: HTTPExpectation?
  var idempotencyHeader: String?
  var outputs: [String: String]?
  var poll: Poll?
  var undo: Undo?
  var changes: Bool?

  private enum Key: String, CodingKey {
    case expect
    case idempotencyHeader
    case outputs
    case poll
    case undo
    case changes
  }

  init(from decoder: any Decoder) throws {
    request = try HTTPProbe.Input(from: decoder)
    let container = try decoder.container(keyedBy: Key.self)
    expect = try container.decodeIfPresent(HTTPExpectation.self, forKey: .expect)
    idempotencyHeader = try container.decodeIfPresent(String.self, forKey: .idempotencyHeader)
    outputs = try container.decodeIfPresent([String: String].self, forKey: .outputs)
    poll = try container.decodeIfPresent(Poll.self, forKey: .poll)
    undo = try container.decodeIfPresent(Undo.self, forKey: .undo)
    changes = try container.decodeIfPresent(Bool.self, forKey: .changes)
  }

  static let fields: [InputField] =
    HTTPProbe.requestFields + [
      .optional("expect", .object(HTTPExpectation.fields), "What the reply must be like."),
      .optional(
        "idempotencyHeader", .string,
        "The header that carries a key of this step's own, the same each time it is sent.",
        default: "Idempotency-Key"),
      .optional(
        "outputs", .map(.string), "Outputs by the paths at which they stand in the reply's JSON."),
      .optional(
        "poll",
        .object([
          .required("url", .secretText, "Where to ask; {name} stands for an output."),
          .optional("headers", .map(.secretText), "Headers to send."),
          .required("until", .map(.any), "Values by path that mean that it is done."),
          .optional("failed", .map(.any), "Values by path, each of which means that it failed."),
          .optional("every", .duration, "The pause between two questions.", default: "5s"),
          .optional("within", .duration, "How long it may take.", default: "10m"),
        ]), "Asks afterwards until what was begun is done."),
      .optional(
        "undo",
        .object([
          .required("url", .secretText, "The address; {name} stands for an output."),
          .optional("method", .string, "The method.", default: "DELETE"),
          .optional("headers", .map(.secretText), "Headers to send."),
          .optional("body", .secretText, "The body to send."),
          .optional(
            "status", .list(.integer(100...599)),
            "Statuses that mean that it is undone; by default 200 to 299, 404 and 410."),
        ]), "The request that takes it back; without it nothing is taken back."),
      .optional(
        "changes", .boolean,
        "False for a request that only looks; by default so for GET, HEAD and OPTIONS."),
    ]

  var method: String { (request.method ?? "GET").uppercased() }
  var isChanging: Bool { changes ?? !["GET", "HEAD", "OPTIONS"].contains(method) }
  var isReversible: Bool { !isChanging || undo != nil }
}
