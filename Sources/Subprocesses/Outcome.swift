/// What became of a process.
package struct Outcome: Sendable, Equatable {
  package enum Ending: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)
  }

  /// Why we ended it; its own ending follows from that.
  package enum Interruption: Sendable, Equatable {
    case timeLimit
    case cancellation
  }

  package let ending: Ending
  /// Nil when the process ended by itself.
  package let interruption: Interruption?
  package let output: Capture
  package let errors: Capture
  /// Whether other processes still held its output open when it had ended.
  package let leftOthers: Bool
  package let usage: ResourceUse
  package let elapsed: Duration

  /// Whether it ended by itself with status 0.
  package var succeeded: Bool { ending == .exited(0) && interruption == nil }
}

/// What a process took from the machine, its own children that it waited for included.
package struct ResourceUse: Sendable, Equatable {
  package var user: Duration
  package var system: Duration
  package var residentBytesMax: Int
}

/// What was kept of an output stream.
package struct Capture: Sendable, Equatable {
  /// The beginning; everything if nothing was dropped.
  package var head: [UInt8]
  /// The end, if something was dropped before it.
  package var tail: [UInt8]
  package var droppedCount: Int

  package init(head: [UInt8], tail: [UInt8] = [], droppedCount: Int = 0) {
    self.head = head
    self.tail = tail
    self.droppedCount = droppedCount
  }

  /// The stream's bytes; nil if it was too long to be kept whole.
  package var complete: [UInt8]? { droppedCount == 0 ? head : nil }

  /// For people: the text, with a line where bytes were dropped; bytes that are not UTF-8 are
  /// replaced.
  package var text: String {
    let start = String(decoding: head, as: UTF8.self)
    guard droppedCount > 0 else { return start }
    return start + "\n… \(droppedCount) bytes left out …\n" + String(decoding: tail, as: UTF8.self)
  }
}

/// Which stream a line came from.
package enum OutputStream: Sendable, Hashable {
  case output
  case errors
}
