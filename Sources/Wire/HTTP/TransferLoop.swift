internal import CCurl
import Glibc
import Synchronization

/// The thread that runs all transfers of one client.
///
/// Everything but `inbox` is touched by that thread only; callers post to the inbox and wake it.
final class TransferLoop: @unchecked Sendable {
  /// Transfers under way at the same time; the rest wait their turn, and their time limits begin
  /// when it comes.
  private static let runningMax = 128
  private static let connectionsKeptMax = 64
  /// How long the thread sleeps when nobody wakes it.
  private static let sleepMilliseconds: Int32 = 60_000

  private struct Inbox {
    var transfers: [Transfer] = []
    var hasCancellations = false
    var isStopped = false
  }

  private let inbox = Mutex(Inbox())
  private let multi: UnsafeMutableRawPointer
  private var waiting: ArraySlice<Transfer> = []
  private var running: [ObjectIdentifier: Transfer] = [:]

  init() {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
    ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.connectionsKeptMax)
    self.multi = multi
  }

  deinit { curl_multi_cleanup(multi) }

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

  func begin(_ transfer: Transfer) {
    inbox.withLock { $0.transfers.append(transfer) }
    curl_multi_wakeup(multi)
  }

  /// Says that some transfer's caller lost interest; it may be waiting, running, done or to come.
  func noteCancellation() {
    inbox.withLock { $0.hasCancellations = true }
    curl_multi_wakeup(multi)
  }

  func stop() {
    inbox.withLock { $0.isStopped = true }
    curl_multi_wakeup(multi)
  }

  private func run() {
    blockBrokenPipes()
    while true {
      let news = inbox.withLock { inbox in
        defer {
          inbox.transfers = []
          inbox.hasCancellations = false
        }
        return inbox
      }
      waiting += news.transfers
      if news.hasCancellations || news.isStopped { dropCancelled(all: news.isStopped) }
      if news.isStopped { return }
      admit()

      var active: Int32 = 0
      curl_multi_perform(multi, &active)
      let ended = finishCompleted()
      if ended && !waiting.isEmpty { continue }
      curl_multi_poll(multi, nil, 0, Self.sleepMilliseconds, nil)
    }
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
      remove(transfer)
      transfer.end(with: .cancelled)
    }
  }

  private func admit() {
    while running.count < Self.runningMax, let transfer = waiting.popFirst() {
      // Its cancellation may have been noted before it came.
      guard !transfer.isCancelled else {
        transfer.end(with: .cancelled)
        continue
      }
      transfer.prepare()
      running[ObjectIdentifier(transfer)] = transfer
      curl_multi_add_handle(multi, transfer.easy)
    }
  }

  private func finishCompleted() -> Bool {
    var left: Int32 = 0
    var ended = false
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE else { continue }
      let code = ccurl_result(message)
      var context: UnsafeMutableRawPointer?
      ccurl_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
      guard let context else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      remove(transfer)
      transfer.end(code)
      ended = true
    }
    return ended
  }

  private func remove(_ transfer: Transfer) {
    curl_multi_remove_handle(multi, transfer.easy)
    running[ObjectIdentifier(transfer)] = nil
  }
}
