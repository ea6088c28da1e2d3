internal import CCurl
import Glibc
import Synchronization

/// The thread that runs all transfers of one client.
///
/// Everything but `inbox` is touched by that thread only; callers post to the inbox and wake it.
final class TransferLoop: @unchecked Sendable {
  /// Whole requests under way at the same time.
  ///
  /// The rest wait their turn, and their time limits begin when it comes. Streamed ones do not wait:
  /// one may need another's bytes to move on.
  private static let runningMax = 128
  private static let connectionsKeptMax = 256
  private static let handlesKeptMax = 128
  /// How long the thread sleeps when nobody wakes it.
  private static let sleepMilliseconds = 60_000
  /// How often the transfers under way are looked at for silence.
  private static let lookMilliseconds = 100

  private struct Inbox {
    var transfers: [Transfer] = []
    var carriedOn: [Transfer] = []
    var hasCancellations = false
    var isStopped = false
    /// Whether the thread has been woken for what is in here.
    var isRung = false
  }

  private let inbox = Mutex(Inbox())
  private let settings: HTTPClient.Settings
  private let multi: UnsafeMutableRawPointer
  private let poll = SocketPoll()
  private var handles: [EasyHandle] = []
  private var waiting: ArraySlice<Transfer> = []
  private var running: [ObjectIdentifier: Transfer] = [:]
  private var wholeCount = 0
  /// When libcurl wants to be called for its own time limits; nil for never.
  private var timer: LoopTime?
  private var nextLook = LoopTime.zero

  init(_ settings: HTTPClient.Settings) {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
    self.multi = multi
    self.settings = settings
    ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.connectionsKeptMax)
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_set_sockets(
      multi,
      { _, socket, what, context, _ in
        TransferLoop.from(context)?.poll.watch(socket, what)
        return 0
      }, context)
    ccurl_multi_set_timer(
      multi,
      { _, milliseconds, context in
        TransferLoop.from(context)?.setTimer(milliseconds)
        return 0
      }, context)
  }

  deinit {
    // Closing connections must not call back into what is going away.
    ccurl_multi_set_sockets(multi, nil, nil)
    ccurl_multi_set_timer(multi, nil, nil)
    handles = []
    curl_multi_cleanup(multi)
  }

  func start() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
      guard let context else { return nil }
      Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
      return nil
    }
    let code = pthread_create(&thread, nil, main, context)
    precondition(code == 0, "no thread for HTTP transfers: errno \(code)")
    pthread_detach(thread)
  }

  func begin(_ transfer: Transfer) { post { $0.transfers.append(transfer) } }

  /// Says that a streamed transfer that rests has something to send, or room for what it receives.
  func carryOn(_ transfer: Transfer) { post { $0.carriedOn.append(transfer) } }

  /// Says that some transfer's caller lost interest; it may be waiting, running, done or to come.
  func noteCancellation() { post { $0.hasCancellations = true } }

  func stop() { post { $0.isStopped = true } }

  private func post(_ change: (inout Inbox) -> Void) {
    let mustRing = inbox.withLock { inbox in
      change(&inbox)
      defer { inbox.isRung = true }
      return !inbox.isRung
    }
    if mustRing { poll.ring() }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> TransferLoop? {
    context.map { Unmanaged<TransferLoop>.fromOpaque($0).takeUnretainedValue() }
  }

  private func run() {
    blockBrokenPipes()
    while true {
      let news = inbox.withLock { inbox in
        defer { inbox = Inbox() }
        return inbox
      }
      waiting += news.transfers
      if news.hasCancellations || news.isStopped { dropCancelled(all: news.isStopped) }
      if news.isStopped { return }
      for transfer in news.carriedOn { unpause(transfer) }
      admit()
      act()
      let ended = finishCompleted()
      if ended, !waiting.isEmpty { continue }
      poll.wait(milliseconds: sleepTime()) { socket, flags in
        var active: Int32 = 0
        curl_multi_socket_action(multi, socket, flags, &active)
      }
      _ = finishCompleted()
      endSilent()
    }
  }

  /// Lets libcurl do what its time has come for, such as beginning what was just admitted.
  private func act() {
    while let due = timer, due <= LoopTime.now() {
      timer = nil
      var active: Int32 = 0
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &active)
    }
  }

  private func setTimer(_ milliseconds: Int) {
    timer = milliseconds < 0 ? nil : LoopTime.now() + milliseconds
  }

  private func sleepTime() -> Int32 {
    var time = running.isEmpty ? Self.sleepMilliseconds : Self.lookMilliseconds
    if let timer {
      let now = LoopTime.now()
      time = timer <= now ? 0 : min(time, (timer - now).milliseconds)
    }
    return Int32(time)
  }

  /// A server that hangs up while TLS writes raises a signal that would end the program; blocked on
  /// this thread, it is an error of that one transfer.
  private func blockBrokenPipes() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private func dropCancelled(all: Bool) {
    for transfer in waiting where all || transfer.isCancelled { transfer.end(with: .cancelled) }
    waiting.removeAll { all || $0.isCancelled }
    for transfer in running.values where all || transfer.isCancelled {
      end(transfer) { $0.end(with: .cancelled) }
    }
  }

  private func admit() {
    guard !waiting.isEmpty else { return }
    var held: ArraySlice<Transfer> = []
    while let transfer = waiting.popFirst() {
      // Its cancellation may have been noted before it came.
      if transfer.isCancelled {
        transfer.end(with: .cancelled)
      } else if transfer.isStreamed || wholeCount < Self.runningMax {
        begin(running: transfer)
      } else {
        held.append(transfer)
      }
    }
    waiting = held
  }

  private func begin(running transfer: Transfer) {
    if !transfer.isStreamed { wholeCount += 1 }
    let kept = transfer.leavesHandleReusable ? handles.popLast() : nil
    let handle = kept ?? EasyHandle(settings)
    transfer.begin(with: handle, settings)
    running[ObjectIdentifier(transfer)] = transfer
    curl_multi_add_handle(multi, handle.easy)
  }

  private func unpause(_ transfer: Transfer) {
    guard running[ObjectIdentifier(transfer)] != nil, let easy = transfer.easy else { return }
    curl_easy_pause(easy, CURLPAUSE_CONT)
  }

  private func finishCompleted() -> Bool {
    var left: Int32 = 0
    var ended = false
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let code = ccurl_result(message)
      var context: UnsafeMutableRawPointer?
      ccurl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
      guard let transfer = EasyHandle.from(context)?.transfer else { continue }
      end(transfer) { $0.end(code) }
      ended = true
    }
    return ended
  }

  private func endSilent() {
    let now = LoopTime.now()
    guard nextLook <= now else { return }
    nextLook = now + Self.lookMilliseconds
    for transfer in running.values {
      guard let reason = transfer.overdue(at: now) else { continue }
      end(transfer) { $0.end(with: reason) }
    }
  }

  /// Takes a transfer out, tells its caller, and keeps its handle for another.
  private func end(_ transfer: Transfer, telling: (Transfer) -> Void) {
    guard running.removeValue(forKey: ObjectIdentifier(transfer)) != nil else { return }
    if !transfer.isStreamed { wholeCount -= 1 }
    if let easy = transfer.easy { curl_multi_remove_handle(multi, easy) }
    telling(transfer)
    guard let handle = transfer.release() else { return }
    handle.clear()
    if transfer.leavesHandleReusable, handles.count < Self.handlesKeptMax { handles.append(handle) }
  }
}
