package import Resources
import Synchronization

/// Answers HTTP requests from a closure and keeps what was asked.
package final class FakeHTTP: HTTPExchange {
  package typealias Answer = @Sendable (HTTPCall) throws(Failure) -> HTTPReply

  private let answer: Mutex<Answer>
  private let requests = Mutex<[HTTPCall]>([])

  package init() {
    let silent: Answer = { (call) throws(Failure) in
      throw .transient("\(call.url) does not answer", hint: "Is it running?")
    }
    answer = Mutex(silent)
  }

  package var calls: [HTTPCall] { requests.withLock { $0 } }

  package func answer(_ new: @escaping Answer) { answer.withLock { $0 = new } }

  package func send(_ call: HTTPCall) async throws(Failure) -> HTTPReply {
    requests.withLock { $0.append(call) }
    return try answer.withLock { $0 }(call)
  }

  package static func reply(
    _ status: Int, _ body: String = "", headers: [(name: String, value: String)] = [],
    elapsed: Duration = .milliseconds(5), certificateExpires: Timestamp? = nil
  ) -> HTTPReply {
    HTTPReply(
      status: status, headers: headers, body: Array(body.utf8), elapsed: elapsed,
      certificateExpires: certificateExpires)
  }
}
