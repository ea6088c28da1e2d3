import Synchronization

/// A process that is asked by lines and answers by lines for as long as it is wanted.
///
/// Bounded both ways: a question is written down when the process is ready to read it, and its
/// output waits in the pipe while too much of it is unread here. For one asker, who takes the words
/// in order, and calls ``close()`` or ``stop()`` in the end; the process ends at the latest when its
/// input does.
package final class Dialogue: Sendable {
  package enum Word: Sendable {
    /// A line, without its line feed.
    case line(OutputStream, [UInt8])
    /// How the process ended; the last word.
    case ended(Result<Outcome, SubprocessFailure>)
  }

  /// What may wait here to be taken.
  static let unreadBytesMax = 4 << 20
  /// Questions are written together up to this size.
  private static let pieceBytes = 64 << 10

  /// What the process says, in order; ends behind ``Word/ended(_:)``.
  package let words: AsyncStream<Word>
  private let feed: AsyncStream<Word>.Continuation
  /// Rings when the watching thread should look again at what is to be done.
  let wake: Bell
  private let end: Bell
  private let state = Mutex(State())

  private struct State {
    var next = 0
    var count = 0
    var line: @Sendable (Int) -> [UInt8] = { _ in [] }
    var isClosed = false
    var unreadBytes = 0
    var deadline: ContinuousClock.Instant?
    /// Since when something is unread: the process is not waited for meanwhile.
    var behindSince: ContinuousClock.Instant?
    var hasEnded = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private init() throws(SubprocessFailure) {
    wake = try Bell()
    end = try Bell()
    (words, feed) = AsyncStream.makeStream(of: Word.self)
  }

  /// Starts a program; that it cannot be started is its last word.
  ///
  /// The invocation's own input is not used. Its time limit is for its whole life.
  package static func begin(_ invocation: Invocation) throws(SubprocessFailure) -> Dialogue {
    let dialogue = try Dialogue()
    WatchThread.start {
      let result = Watch.run(invocation, bell: dialogue.end, line: nil, dialogue: dialogue)
      dialogue.feed.yield(.ended(result))
      dialogue.feed.finish()
      dialogue.finish()
    }
    return dialogue
  }

  // MARK: The asker's side

  /// Asks so many questions, the line of each given by its number when its turn comes.
  ///
  /// All former ones must have been written. Unless the asker gives it more time, or an end to it,
  /// the process is ended after `limit`; time in which its words are not taken does not count.
  package func ask(
    _ count: Int, within limit: Duration, _ line: @escaping @Sendable (Int) -> [UInt8]
  ) {
    state.withLock { state in
      state.next = 0
      state.count = count
      state.line = line
      state.deadline = .now + limit
    }
    wake.ring()
  }

  /// Says that a line was dealt with, so that there is room for others.
  package func took(_ bytes: Int) {
    let wasFull = state.withLock { state in
      let wasFull = state.unreadBytes > Self.unreadBytesMax
      state.unreadBytes -= bytes + 1
      if state.unreadBytes == 0, let since = state.behindSince {
        state.behindSince = nil
        state.deadline = state.deadline.map { $0 + since.duration(to: .now) }
      }
      return wasFull && state.unreadBytes <= Self.unreadBytesMax
    }
    if wasFull { wake.ring() }
  }

  /// Gives the process so much time again from now on; nil for as long as nothing is asked.
  package func expect(within limit: Duration?) {
    let isNew = state.withLock { state in
      defer { state.deadline = limit.map { .now + $0 } }
      return state.deadline == nil && limit != nil
    }
    // A later deadline is looked at when the former one passes.
    if isNew { wake.ring() }
  }

  /// Ends the process's input, and lets it end by itself within the limit.
  package func close(within limit: Duration) {
    state.withLock { state in
      state.isClosed = true
      state.deadline = .now + limit
    }
    wake.ring()
  }

  /// Asks the process's group to end, and kills it after its grace period.
  package func stop() { end.ring() }

  /// Returns when the process has ended, also where the task was cancelled: nothing of it is left
  /// then, since whoever does not end is killed.
  package func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiting.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  // MARK: The watching thread's side

  private func finish() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      state.hasEnded = true
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// The next lines to write; empty when there are none just now, nil when there will be none.
  func nextPiece() -> [UInt8]? {
    var piece: [UInt8] = []
    while piece.count < Self.pieceBytes {
      let (line, isClosed) = state.withLock { state in
        guard !state.isClosed, state.next < state.count else {
          return (nil as (@Sendable () -> [UInt8])?, state.isClosed)
        }
        let (line, number) = (state.line, state.next)
        state.next += 1
        return ({ line(number) }, false)
      }
      guard let line else { return piece.isEmpty && isClosed ? nil : piece }
      piece += line()
      piece.append(UInt8(ascii: "\n"))
    }
    return piece
  }

  var unreadBytes: Int { state.withLock { $0.unreadBytes } }

  var hasRoom: Bool { unreadBytes <= Self.unreadBytesMax }

  /// When the process will have taken too long, as it stands; time in which its words waited here
  /// does not count.
  var deadline: ContinuousClock.Instant? {
    state.withLock { state in
      state.behindSince == nil ? state.deadline : state.deadline.map { _ in .now + Self.look }
    }
  }

  /// How often it is looked whether somebody has caught up.
  private static let look: Duration = .milliseconds(200)

  func hear(_ stream: OutputStream, _ line: [UInt8]) {
    state.withLock { state in
      if state.unreadBytes == 0 { state.behindSince = .now }
      state.unreadBytes += line.count + 1
    }
    feed.yield(.line(stream, line))
  }
}
