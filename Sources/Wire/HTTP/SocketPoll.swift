internal import CCurl
import Glibc

/// Tells which of libcurl's sockets have something to do; owned by the loop's thread.
///
/// Only ``ring()`` may be called from other threads.
final class SocketPoll: @unchecked Sendable {
  private static let eventsMax = 64
  private let poll: Int32
  private let bell: Int32
  private let events: UnsafeMutablePointer<ccurl_event>

  init() {
    poll = ccurl_epoll()
    bell = ccurl_eventfd()
    precondition(poll >= 0 && bell >= 0, "no descriptor for HTTP transfers: errno \(errno)")
    events = .allocate(capacity: Self.eventsMax)
    _ = ccurl_watch(poll, EPOLL_CTL_ADD, bell, 1, 0)
  }

  deinit {
    close(poll)
    close(bell)
    events.deallocate()
  }

  /// Ends a wait that is under way, or the next one at once.
  func ring() { eventfd_write(bell, 1) }

  /// Watches a socket for what libcurl wants of it.
  func watch(_ socket: Int32, _ what: Int32) {
    guard what != CURL_POLL_REMOVE else {
      _ = ccurl_watch(poll, EPOLL_CTL_DEL, socket, 0, 0)
      return
    }
    let reads: Int32 = what & CURL_POLL_IN != 0 ? 1 : 0
    let writes: Int32 = what & CURL_POLL_OUT != 0 ? 1 : 0
    // A socket that was closed left the watch by itself, and its number may have come back.
    if ccurl_watch(poll, EPOLL_CTL_MOD, socket, reads, writes) != 0, errno == ENOENT {
      _ = ccurl_watch(poll, EPOLL_CTL_ADD, socket, reads, writes)
    }
  }

  /// Waits and hands over each socket with libcurl's flags for it.
  func wait(milliseconds: Int32, _ body: (Int32, Int32) -> Void) {
    let count = ccurl_wait(poll, events, Int32(Self.eventsMax), milliseconds)
    guard count > 0 else { return }
    for index in 0..<Int(count) {
      let event = events[index]
      if event.fd == bell {
        var value: eventfd_t = 0
        eventfd_read(bell, &value)
      } else {
        body(event.fd, event.flags)
      }
    }
  }
}
