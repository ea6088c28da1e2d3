import Synchronization

/// What the loop's thread and one task share of a streamed exchange: pieces on their way.
///
/// Both directions are bounded: the thread lets the transfer rest when the task is slow, and the
/// task is asked for more only when the thread has little left to send. One task waits at a time.
final class HTTPPipe: Sendable {
  /// Received bytes that wait for the task; libcurl rests above this.
  static let receivedBytesMax = 512 << 10
  /// Bytes of the body that wait to be sent; the source is not asked for more above this.
  private static let outgoingBytesMax = 256 << 10

  private struct State {
    var head: HTTPStreamedReply.Head?
    var received: [UInt8] = []
    var end: Result<Void, HTTPFailure>?
    var isReceivingPaused = false

    var outgoing: ArraySlice<[UInt8]> = []
    /// How much of the first piece has been sent.
    var outgoingOffset = 0
    var outgoingBytes = 0
    var sentBytes = 0
    var isSourceAtEnd = false
    var isSendingPaused = false
    /// The answer came before the body was sent, so nobody asks the source any more.
    var isSourceGivenUp = false

    /// Counts the changes, so that none is missed between looking and waiting.
    var changes = 0
    var waiter: UnsafeContinuation<Void, Never>?
  }

  /// What the thread gets when it asks for bytes to send.
  enum Portion {
    case bytes(Int)
    case later
    case end
  }

  /// What the task that sends the body has to do next.
  enum Demand {
    case piece
    case head(HTTPStreamedReply.Head)
    case failure(HTTPFailure)
  }

  private let state: Mutex<State>

  init(hasSource: Bool) {
    var state = State()
    state.isSourceAtEnd = !hasSource
    self.state = Mutex(state)
  }
}

/// The side of the loop's thread.
extension HTTPPipe {
  func take(_ head: HTTPStreamedReply.Head) { change { $0.head = head } }

  /// Answers false, and keeps nothing, when the task has enough to do.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    change { state in
      guard state.received.count < Self.receivedBytesMax else {
        state.isReceivingPaused = true
        return false
      }
      if state.received.isEmpty { state.received.reserveCapacity(2 * bytes.count) }
      state.received.append(contentsOf: bytes)
      return true
    }
  }

  func give(into buffer: UnsafeMutableRawBufferPointer) -> Portion {
    change { state in
      var count = 0
      while count < buffer.count, let piece = state.outgoing.first {
        let part = min(piece.count - state.outgoingOffset, buffer.count - count)
        let start = state.outgoingOffset
        UnsafeMutableRawBufferPointer(rebasing: buffer[count..<(count + part)])
          .copyBytes(from: piece[start..<(start + part)])
        count += part
        state.outgoingOffset += part
        if state.outgoingOffset == piece.count {
          _ = state.outgoing.popFirst()
          state.outgoingOffset = 0
        }
      }
      state.outgoingBytes -= count
      state.sentBytes += count
      if count > 0 { return .bytes(count) }
      if state.isSourceAtEnd { return .end }
      state.isSendingPaused = true
      return .later
    }
  }

  func end(_ result: Result<Void, HTTPFailure>) {
    change { state in
      if state.end == nil { state.end = result }
      state.outgoing = []
    }
  }

  /// Bytes of the body that libcurl took so far.
  var sentBytes: Int { state.withLock { $0.sentBytes } }

  /// Whether it is the task that the transfer waits for.
  var isHeldByTask: Bool {
    state.withLock { $0.isReceivingPaused || $0.isSendingPaused && !$0.isSourceGivenUp }
  }

  var hasEnded: Bool { state.withLock { $0.end != nil } }

  var isBodySent: Bool { state.withLock { $0.isSourceAtEnd && $0.outgoing.isEmpty } }

  private func change<Answer>(_ body: (inout State) -> Answer) -> Answer {
    let (answer, waiter) = state.withLock { state in
      let answer = body(&state)
      state.changes &+= 1
      defer { state.waiter = nil }
      return (answer, state.waiter)
    }
    waiter?.resume()
    return answer
  }
}

/// The task's side.
extension HTTPPipe {
  /// What to do next; the head comes only once the body is sent, or when it is an error that came
  /// before.
  func demand() async -> Demand {
    await next { state in
      if case .failure(let failure) = state.end { return .failure(failure) }
      if let head = state.head, state.isSourceAtEnd || head.status >= 300 {
        state.isSourceGivenUp = !state.isSourceAtEnd
        return .head(head)
      }
      if !state.isSourceAtEnd, state.outgoingBytes < Self.outgoingBytesMax { return .piece }
      return nil
    }
  }

  /// Adds a piece of the body, or says that there is no more; answers whether the loop has to be
  /// told.
  func put(_ piece: [UInt8]?) -> Bool {
    state.withLock { state in
      if let piece {
        guard !piece.isEmpty else { return false }
        state.outgoing.append(piece)
        state.outgoingBytes += piece.count
      } else {
        state.isSourceAtEnd = true
      }
      defer { state.isSendingPaused = false }
      return state.isSendingPaused
    }
  }

  /// What has been received since the last call, or nil at the good end; `isPaused` says that the
  /// loop has to be told that there is room again.
  func receive() async -> (bytes: [UInt8]?, failure: HTTPFailure?, isPaused: Bool) {
    await next { state in
      if !state.received.isEmpty {
        defer {
          state.received = []
          state.isReceivingPaused = false
        }
        return (state.received, nil, state.isReceivingPaused)
      }
      switch state.end {
      case .success: return (nil, nil, false)
      case .failure(let failure): return (nil, failure, false)
      case nil: return nil
      }
    }
  }

  private func next<Answer: Sendable>(_ ready: (inout State) -> Answer?) async -> Answer {
    while true {
      let (answer, changes) = state.withLock { (ready(&$0), $0.changes) }
      if let answer { return answer }
      await withUnsafeContinuation { waiter in
        let hasChanged = state.withLock { state in
          precondition(state.waiter == nil, "two tasks wait for one streamed exchange")
          guard state.changes == changes else { return true }
          state.waiter = waiter
          return false
        }
        if hasChanged { waiter.resume() }
      }
    }
  }
}
