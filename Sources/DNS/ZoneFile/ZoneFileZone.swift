import Glibc
package import Resources
import Wire

extension Provider {
  /// Zone files in the standard form (RFC 1035).
  package static let zoneFile = Provider(
    scheme: "zonefile",
    summary: "A DNS zone in a master file; what is not changed stays byte for byte.",
    example: "zonefile:///etc/bind/db.example?origin=example.org",
    parameters: [
      Parameter("origin", "The zone's name; else the file's own first $ORIGIN."),
      Parameter("servers", "Servers that publish the file (host:port,…) and must confirm changes."),
    ],
    open: .zone { (url, context) throws(Failure) in try ZoneFileZone(url, context) })
}

/// A DNS zone that is a file.
///
/// Changes are made under a lock, on what the file holds at that moment, and put in place at once.
package struct ZoneFileZone: DNSZone {
  /// How often a change starts over because the file changed meanwhile.
  private static let attemptsMax = 3
  private static let lockWait = Duration.milliseconds(50)
  private static let lockWaitsMax = 200

  package let url: ResourceURL
  private let path: String
  private let givenOrigin: DNSName?
  private let namedServers: [NameServer]
  private let clock: any WallClock
  private let queue = BlockingQueue(label: "cutover.zonefile")

  init(_ url: ResourceURL, _ context: ProviderContext) throws(Failure) {
    let isClean = !url.path.utf8.contains(0) && url.path.utf8.count > 1
    guard url.authority.isEmpty, isClean, url.path.utf8.last != UInt8(ascii: "/") else {
      throw .permanent(
        "\(url) names no zone file", hint: "Write zonefile:///path/from/the/root?origin=zone.")
    }
    self.url = url
    path = url.path
    clock = context.clock
    namedServers = try NameServer.list(url) ?? []
    guard let text = url.parameter("origin") else {
      givenOrigin = nil
      return
    }
    do throws(DNSTextError) {
      givenOrigin = try DNSName(text).lowercased
    } catch {
      throw .permanent("\(url): the origin is not a name: \(error)", hint: "Write origin=zone.")
    }
  }

  package func origin() async throws(Failure) -> String {
    try await queue.run { () throws(Failure) in try load().zone.zone.lowercased.description }
  }

  package func recordSets(at name: String) async throws(Failure) -> [RecordSet] {
    let owner = RecordSet(name: name, type: "A", ttlSeconds: 0, values: [])
    let name = try owner.parsedName()
    return try await queue.run { () throws(Failure) in
      let zone = try load().zone
      guard name.isWithin(zone.zone) else {
        throw .permanent(
          "\(name) is not in the zone \(zone.zone)", hint: "Name the zone that holds it.")
      }
      return zone.recordSets(at: name)
    }
  }

  package func serial() async throws(Failure) -> UInt32? {
    try await queue.run { () throws(Failure) in try load().zone.serial }
  }

  package func servers() async throws(Failure) -> [NameServer] { namedServers }

  package func replace(
    at name: String, former: [RecordSet], with wanted: [RecordSet]
  ) async throws(Failure) {
    for _ in 0..<Self.lockWaitsMax {
      let isDone = try await queue.run { () throws(Failure) in
        guard let lock = try FileLock.take(realPath(), url.text) else { return false }
        defer { withExtendedLifetime(lock) {} }
        try change(at: name, former, wanted)
        return true
      }
      if isDone { return }
      do throws(CancellationError) {
        try await clock.sleep(for: Self.lockWait)
      } catch {
        throw .cancelled
      }
    }
    throw .transient(
      "\(url) is locked by another run of cutover", hint: "See who with 'fuser' on the lock file.")
  }

  private func change(
    at name: String, _ former: [RecordSet], _ wanted: [RecordSet]
  ) throws(Failure) {
    for _ in 0..<Self.attemptsMax {
      let (content, zone) = try load()
      let change = try RecordChange(at: name, former: former, wanted: wanted, in: zone.zone)
      guard try change.isNeeded(given: zone.recordSets(at: change.name)) else { return }
      try checkChangeable(zone, change)
      let serial = ZoneSerial.next(after: zone.serial, at: clock.now())
      let bytes = try ZoneFileEditor.edit(zone, change, serial: serial)
      let path = try realPath()
      let replacement = try FileReplacement(of: path, with: bytes, like: content, url.text)
      // An editor does not know our lock: what it wrote since must not be lost.
      guard try FileContent.read(path, url.text).bytes == content.bytes else { continue }
      try replacement.commit()
      return
    }
    throw .transient(
      "\(url) was changed by somebody else \(Self.attemptsMax) times while being changed",
      hint: "Find out who writes it, then 'cutover retry'.")
  }

  private func checkChangeable(_ zone: ZoneFile, _ change: RecordChange) throws(Failure) {
    if access(try realPath() + ".jnl", F_OK) == 0 {
      throw .refused(
        "\(url) belongs to a server that keeps newer changes in its journal (.jnl)",
        hint: "Name the zone as rfc2136://server/zone, so that the server makes the change.")
    }
    guard !zone.isSigned else {
      throw .refused(
        "\(url) holds signatures, which a change would break",
        hint: "Name the unsigned file that the signer reads.")
    }
    if let cut = zone.delegation(above: change.name) {
      throw .refused(
        "\(change.name) is not served from \(url): \(cut) is delegated to other servers",
        hint: "Name the zone \(cut).")
    }
    let own = zone.records(at: change.name).filter { change.types.contains($0.type) }
    let isOpaque = own.contains { if case .opaque = $0.data { true } else { false } }
    let wantsOpaque = change.wanted.contains { set in
      set.values.contains { value in
        DNSType(set.type).map { RecordSet.isOpaque(value, $0) } ?? true
      }
    }
    if isOpaque || wantsOpaque {
      throw .refused(
        "\(change.name) has records of a type that cutover can read but not write",
        hint: "Write their data as '\\# length hexadecimal' (RFC 3597).")
    }
  }

  /// Where a symbolic link leads, so that the link itself stays.
  private func realPath() throws(Failure) -> String {
    guard let resolved = realpath(path, nil) else {
      throw .system(errno, "\(url) cannot be read")
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private func load() throws(Failure) -> (content: FileContent, zone: ZoneFile) {
    let content = try FileContent.read(path, url.text)
    do throws(ZoneFileError) {
      let stated = givenOrigin == nil ? try ZoneFile.statedOrigin(content.bytes) : nil
      guard let origin = givenOrigin ?? stated else {
        throw .at(0, in: content.bytes, "no $ORIGIN stands above the first record")
      }
      return (content, try ZoneFile(content.bytes, zone: origin))
    } catch {
      throw .permanent(
        "\(path):\(error)", hint: "Check the file with named-checkzone, or add ?origin=zone.")
    }
  }
}

extension ZoneFile {
  /// The zone's name as the file itself states it above its first record.
  static func statedOrigin(_ bytes: [UInt8]) throws(ZoneFileError) -> DNSName? {
    var scanner = ZoneFileScanner(bytes)
    while let entry = try scanner.next(), !entry.isIndented, entry.tokens[0].raw.first == 0x24 {
      guard entry.tokens[0].text.uppercased() == "$ORIGIN", entry.tokens.count == 2 else {
        continue
      }
      guard let name = try? DNSName(text: entry.tokens[1].raw, origin: .root) else { return nil }
      return name.lowercased
    }
    return nil
  }
}
