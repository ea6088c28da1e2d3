import Digests
import Glibc
import JSON
package import Resources
import Subprocesses

/// A stack of local processes, `process:///folder`.
///
/// A template folder says in `stack.json5` what to run. `deploy` copies it into the instance folder
/// that the URL names and starts each service in a session of its own, where it outlives the
/// program that started it. Everything that decides what is ours is outside of memory: the mark in
/// the folder, and the marks in the environment of the processes. So any of the verbs may be
/// killed at any point, and the next one carries on. One changes an instance at a time.
package actor ProcessStack: StackDeployer {
  /// How long one run waits for another one that is changing the same instance.
  private static let lockWaitMax = Duration.seconds(10)
  static let pollInterval = Duration.milliseconds(50)
  /// Interrupted removals and competing runs are met at most this often in one call.
  private static let attemptsMax = 5

  package typealias Note = @Sendable (String) async throws(Failure) -> Void

  nonisolated package let url: ResourceURL
  nonisolated let context: ProviderContext
  private let executor = BlockingExecutor(label: "cutover.stack")
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  package init(_ url: ResourceURL, in context: ProviderContext) throws(Failure) {
    _ = try LocalPath.path(of: url)
    self.url = url
    self.context = context
  }

  /// What a template makes of an instance.
  struct Wanted {
    var record: StackRecord
    var digests: [String: String]
    var secretEnvironments: [String: [String: String]]
  }

  // MARK: Looking

  package func description() async throws(Failure) -> StackDescription? {
    let folder = try InstanceFolder(url)
    guard case .ours(let record) = try folder.find() else { return nil }
    let digests = try Self.digests(of: record)
    let census = try Census.take(record, wanted: digests)
    var resources = ["folder \(record.folder)"]
    var healthyCount = 0
    for service in record.services {
      guard let running = census.current[service.name] else { continue }
      let finding = try await probe(service, running.leader, record, digests).look()
      if finding == .healthy { healthyCount += 1 }
      let ports = service.ports.map { " port \($0)" }.joined(separator: ",")
      resources.append("service \(service.name): \(running.leader)\(ports)")
    }
    resources += census.stale.map { "\($0.process), left over" }
    return StackDescription(
      state: try state(of: record, in: folder, census, healthyCount: healthyCount),
      outputs: record.outputs, resources: resources)
  }

  private func state(
    of record: StackRecord, in folder: InstanceFolder, _ census: Census, healthyCount: Int
  ) throws(Failure) -> StackDescription.State {
    if record.phase == .leaving { return .changing }
    if try folder.isLocked() { return .changing }
    if healthyCount == record.services.count, census.stale.isEmpty { return .healthy }
    return census.current.isEmpty && census.stale.isEmpty ? .stopped : .unhealthy
  }

  package func changes(_ template: StackTemplate) async throws(Failure) -> [String] {
    let folder = try InstanceFolder(url)
    guard case .ours(let record) = try folder.find(), record.phase == .standing else {
      let wanted = try want(template, id: Self.newID(), in: folder)
      return ["copy \(template.location) to \(folder.path)"]
        + wanted.record.services.map { StackChanges.start($0) }
    }
    let wanted = try want(template, id: record.id, in: folder)
    var lines = StackChanges.lines(from: record, to: wanted.record)
    let census = try Census.take(record, wanted: wanted.digests)
    let former = try Self.digests(of: record)
    for service in wanted.record.services {
      guard let running = census.current[service.name] else {
        let isRestart = former[service.name].map { $0 != wanted.digests[service.name] } ?? false
        lines.append(isRestart ? "restart \(service.name)" : StackChanges.start(service))
        continue
      }
      let finding = try await probe(service, running.leader, record, wanted.digests).look()
      if finding != .healthy { lines.append("restart \(service.name), which is not healthy") }
    }
    let names = wanted.record.services.map(\.name)
    for service in record.services where !names.contains(service.name) {
      lines.append("stop \(service.name)")
    }
    return lines
  }

  // MARK: Bringing up

  package func deploy(
    _ template: StackTemplate, note: Note
  ) async throws(Failure) -> [String: String] {
    let folder = try InstanceFolder(url)
    for _ in 0..<Self.attemptsMax {
      switch try folder.find() {
      case .absent:
        let wanted = try want(template, id: Self.newID(), in: folder)
        let record = wanted.record
        let isCreated = try folder.create(record) { (draft) throws(Failure) in
          try TemplateTree.copy(
            try Self.location(of: template),
            to: StackRecord.templateCopy(in: draft, files: record.files), digest: record.files)
        }
        if isCreated { try await note("copied \(template.location) to \(folder.path)") }
      case .ours:
        let lock = try await lock(folder)
        defer { withExtendedLifetime(lock) {} }
        // Only what is read under the lock is sure to stay so.
        guard case .ours(let record) = try folder.find() else { continue }
        guard record.phase == .standing else {
          try await takeDown(record, in: folder, note)
          continue
        }
        return try await bringUp(template, record, in: folder, note)
      }
    }
    throw contended()
  }

  // MARK: Taking down

  package func destroy(note: Note) async throws(Failure) {
    let folder = try InstanceFolder(url)
    for _ in 0..<Self.attemptsMax {
      guard case .ours = try folder.find() else { return try folder.sweep() }
      let lock = try await lock(folder)
      defer { withExtendedLifetime(lock) {} }
      guard case .ours(let record) = try folder.find() else { continue }
      return try await takeDown(record, in: folder, note)
    }
    throw contended()
  }

  private func lock(_ folder: InstanceFolder) async throws(Failure) -> InstanceFolder.Lock? {
    let deadline = context.clock.now() + Self.lockWaitMax
    while true {
      if let lock = try folder.lock() { return lock }
      if case .absent = try folder.find() { return nil }
      guard context.clock.now() < deadline else { throw contended() }
      try await pause(Self.pollInterval)
    }
  }

  private func contended() -> Failure {
    .transient(
      "\(url) is being changed by another process",
      hint: "Let the other one end; this one is tried again by itself.")
  }

  func pause(_ duration: Duration) async throws(Failure) {
    do throws(CancellationError) {
      try await context.clock.sleep(for: duration)
    } catch {
      throw .cancelled
    }
  }

  // MARK: Wishes

  /// Reads the template; nothing is changed.
  func want(
    _ template: StackTemplate, id: String, in folder: InstanceFolder
  ) throws(Failure) -> Wanted {
    let location = try Self.location(of: template)
    try refuseNesting(location, folder.path)
    let file = "\(location)/\(TemplateTree.definitionName)"
    guard let bytes = try DurableFile.read(file) else {
      throw .permanent(
        "there is no '\(file)', so '\(location)' is no template of a stack",
        hint: "Name the folder that holds \(TemplateTree.definitionName).")
    }
    let files = try TemplateTree.digest(of: location)
    var reader = StackTemplateReader(
      file: file,
      places: .init(
        instance: folder.path, template: StackRecord.templateCopy(in: folder.path, files: files),
        salt: id))
    let definition = try reader.read(bytes, parameters: template.parameters)
    for parameter in definition.parameters {
      guard let value = parameter.value, context.secrets.redact(value) != value else { continue }
      throw .refused(
        "the parameter '\(parameter.name)' of \(url) is given a secret, but \(file) does not "
          + "declare it as one",
        hint: "Declare it as { secret: true }, and use it in 'environment' only.")
    }
    let record = StackRecord(
      id: id, folder: folder.path, phase: .standing, template: location, files: files,
      parameters: definition.parameters, services: definition.services,
      outputs: definition.outputs)
    return Wanted(
      record: record, digests: try Self.digests(of: record),
      secretEnvironments: definition.secretEnvironments)
  }

  /// A template that holds its own copy would grow without end.
  private func refuseNesting(_ template: String, _ instance: String) throws(Failure) {
    let real = realpath(template, nil)
    defer { free(real) }
    let location = real.map { String(cString: $0) } ?? template
    guard "\(instance)/".hasPrefix("\(location)/") || "\(location)/".hasPrefix("\(instance)/")
    else { return }
    throw .refused(
      "\(url) and its template '\(template)' lie within each other",
      hint: "Name a folder for the stack outside of the template.")
  }

  private static func location(of template: StackTemplate) throws(Failure) -> String {
    let text = template.location
    guard text.hasPrefix("/") || text.hasPrefix("file:///") else {
      throw .permanent(
        "the template '\(text)' is not an absolute path",
        hint: "Write the path from the root: a rollout may be carried on from another folder.")
    }
    return text.hasPrefix("/")
      ? try LocalPath.path(of: ResourceURL("file://\(text.replacing("%", with: "%25"))"))
      : try LocalPath.path(of: ResourceURL(text))
  }

  static func digests(of record: StackRecord) throws(Failure) -> [String: String] {
    var digests: [String: String] = [:]
    for service in record.services {
      do throws(JSONMismatch) {
        digests[service.name] = try service.digest(files: record.files)
      } catch {
        throw .permanent(
          "service \(service.name) cannot be written down: \(error)",
          hint: "Report this as a defect.")
      }
    }
    return digests
  }

  private static func newID() -> String { Hex.text(Randomness.bytes(16)) }

  func probe(
    _ service: ServiceDefinition, _ leader: ProcessIdentity, _ record: StackRecord,
    _ digests: [String: String]
  ) -> HealthProbe {
    HealthProbe(
      service: service, leader: leader,
      mark: Census.marks(record.id, service.name, digests[service.name] ?? "")[
        Census.serviceMark] ?? "")
  }
}

extension Provider {
  package static let process = Provider(
    scheme: "process", summary: "A stack of local processes described by a folder.",
    example: "process:///srv/app/blue",
    open: .stack { url, context throws(Failure) in try ProcessStack(url, in: context) })
}
