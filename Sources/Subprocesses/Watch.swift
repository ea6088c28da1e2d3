import Glibc

/// Starts one process and stays with it to its end; owned by one thread.
struct Watch {
  /// How long a process that has ended may keep us through others that hold its output open.
  private static let lingerMax = Duration.milliseconds(500)
  /// How long the kernel may take to end what was killed; longer means that it hangs in a driver.
  private static let deathMax = Duration.seconds(10)

  private let invocation: Invocation
  private let pid: Int32
  private let handle: ProcessHandle
  private let bell: Bell
  /// Where input comes from and lines go to instead; nil for input that is known beforehand.
  private let dialogue: Dialogue?
  private let started = ContinuousClock.now

  private var input: Descriptor?
  private var pending: ArraySlice<UInt8>
  private var output: Intake
  private var errors: Intake

  private var phase = Phase.running
  private var deadline: ContinuousClock.Instant?
  private var interruption: Outcome.Interruption?
  private var elapsed = Duration.zero

  private enum Phase {
    /// It runs; the deadline is its time limit.
    case running
    /// It was asked to end; at the deadline it is killed.
    case asked
    /// It was killed; at the deadline we give up.
    case killed
    /// It has ended and is not yet waited for, so its number is still its own.
    case ended
    /// It was killed and does not end.
    case stuck
  }

  static func run(
    _ invocation: Invocation, bell: Bell, line: Subprocess.LineHandler?, dialogue: Dialogue? = nil
  ) -> Result<Outcome, SubprocessFailure> {
    do throws(SubprocessFailure) {
      var watch = try Watch(invocation, bell: bell, line: line, dialogue: dialogue)
      while !watch.isOver { watch.turn() }
      return .success(try watch.finish())
    } catch {
      return .failure(error)
    }
  }

  private init(
    _ invocation: Invocation, bell: Bell, line: Subprocess.LineHandler?, dialogue: Dialogue?
  ) throws(SubprocessFailure) {
    let inputPipe = try Pipe()
    let outputPipe = try Pipe()
    let errorsPipe = try Pipe()
    pid = try Spawner.spawn(
      invocation, input: inputPipe.reading, output: outputPipe.writing,
      errors: errorsPipe.writing)
    do throws(SubprocessFailure) {
      handle = try ProcessHandle(pid)
    } catch {
      kill(-pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw error
    }
    self.invocation = invocation
    self.bell = bell
    self.dialogue = dialogue
    pending = dialogue == nil ? invocation.input[...] : []
    inputPipe.writing.makeNonblocking()
    input = pending.isEmpty && dialogue == nil ? nil : inputPipe.writing
    let (bytesMax, lineBytesMax) = (invocation.outputBytesMax, invocation.lineBytesMax)
    var hear = line
    if let dialogue { hear = { dialogue.hear($0, $1) } }
    output = Intake(
      .output, outputPipe.reading, bytesMax: bytesMax, lineBytesMax: lineBytesMax, line: hear)
    errors = Intake(
      .errors, errorsPipe.reading, bytesMax: bytesMax, lineBytesMax: lineBytesMax, line: hear)
    deadline = invocation.timeLimit.map { started + $0 }
  }

  private var isOver: Bool {
    switch phase {
    case .running, .asked, .killed: false
    case .ended: !output.isOpen && !errors.isOpen
    case .stuck: true
    }
  }

  /// Waits for the next thing to happen and deals with it.
  private mutating func turn() {
    let hasEnded = phase == .ended
    if pending.isEmpty, input != nil, let dialogue {
      if let piece = dialogue.nextPiece() { pending = piece[...] } else { input = nil }
    }
    // What has ended says no more than its pipes hold.
    let hasRoom = phase != .running || dialogue?.hasRoom ?? true
    var entries = [
      pollfd(fd: hasEnded ? -1 : handle.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: phase == .running ? bell.number : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: hasRoom ? output.number : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: hasRoom ? errors.number : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: pending.isEmpty ? -1 : input?.number ?? -1, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: dialogue?.wake.number ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    let limit =
      phase == .running ? [deadline, dialogue?.deadline].compactMap(\.self).min() : deadline
    let wait = limit.map { max(0, ContinuousClock.now.duration(to: $0).pollMilliseconds) }
    guard poll(&entries, nfds_t(entries.count), wait ?? -1) >= 0 else {
      precondition(errno == EINTR, "poll refused its arguments")
      return
    }
    if entries[2].revents != 0 { output.take() }
    if entries[3].revents != 0 { errors.take() }
    if entries[4].revents != 0 { feed() }
    if entries[5].revents != 0 { dialogue?.wake.clear() }
    if entries[0].revents != 0 {
      phase = .ended
      elapsed = started.duration(to: .now)
      deadline = .now + Self.lingerMax
    } else if entries[1].revents != 0 {
      ask(.cancellation)
    } else if let limit, ContinuousClock.now >= limit, !wasPutOff(limit) {
      advance()
    }
  }

  /// Whether the asker has given more time meanwhile.
  private func wasPutOff(_ limit: ContinuousClock.Instant) -> Bool {
    guard phase == .running, let dialogue, limit != deadline else { return false }
    return dialogue.deadline.map { $0 > .now } ?? true
  }

  /// The deadline of this phase has passed.
  private mutating func advance() {
    switch phase {
    case .running: ask(.timeLimit)
    case .asked:
      kill(-pid, SIGKILL)
      phase = .killed
      deadline = .now + Self.deathMax
    case .killed: phase = .stuck
    case .ended:
      // Whoever still holds the output open is none of ours to wait for.
      output.abandon()
      errors.abandon()
    case .stuck: break
    }
  }

  private mutating func ask(_ reason: Outcome.Interruption) {
    interruption = reason
    phase = .asked
    deadline = .now + invocation.grace
    kill(-pid, SIGTERM)
    // A stopped process would sleep through its time to tidy up.
    kill(-pid, SIGCONT)
  }

  private mutating func feed() {
    guard let number = input?.number else { return }
    let count = pending.withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
    if count > 0 { pending = pending.dropFirst(count) }
    // Not reading its input to the end is a process's own affair.
    let isBroken = count < 0 && errno != EAGAIN && errno != EINTR
    if isBroken || (pending.isEmpty && dialogue == nil) {
      input = nil
      pending = []
    }
  }

  private mutating func finish() throws(SubprocessFailure) -> Outcome {
    output.finish()
    errors.finish()
    guard phase == .ended else {
      throw SubprocessFailure(
        .unknown, "process \(pid) (\(invocation.program)) does not end although it was killed")
    }
    // Its number is still taken, so this can reach nobody but its own group.
    kill(-pid, SIGKILL)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) < 0 {
      guard errno == EINTR else {
        throw SubprocessFailure(errno, "how process \(pid) ended cannot be told")
      }
    }
    let signal = status & 0x7f
    return Outcome(
      ending: signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal),
      interruption: interruption, output: output.capture.capture, errors: errors.capture.capture,
      leftOthers: output.isAbandoned || errors.isAbandoned, usage: ResourceUse(usage),
      elapsed: elapsed)
  }
}

extension ResourceUse {
  init(_ usage: rusage) {
    let duration = { (time: timeval) in
      Duration.seconds(time.tv_sec) + .microseconds(Int64(time.tv_usec))
    }
    user = duration(usage.ru_utime)
    system = duration(usage.ru_stime)
    residentBytesMax = usage.ru_maxrss * 1024
  }
}
