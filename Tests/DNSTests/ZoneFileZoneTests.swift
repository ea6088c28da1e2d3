import Foundation
import Glibc
import Harness
import Resources
import Testing

@testable import DNS

@Suite(.waiting) struct ZoneFileZoneTests {
  private let clock = ManualClock(at: 1_795_222_200_000)  // 2026-11-21

  private var context: ProviderContext {
    ProviderContext(secrets: Secrets { _, _ in nil }, clock: clock)
  }

  private func open(_ path: String) throws -> any DNSZone {
    let catalog = ResourceCatalog(DNSProviders.all)
    return try catalog.zone(
      ResourceURL("zonefile://\(path)?origin=example.test"), in: context)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func check(_ path: String) throws -> String {
    let output = try Tool.run(["named-checkzone", "-n", "fail", "example.test", path])
    #expect(output.status == 0, "\(output.text)")
    return output.text
  }

  private func cname(_ target: String, ttl: Int = 60) -> RecordSet {
    RecordSet(
      name: "api.example.test.", type: "CNAME", ttlSeconds: ttl, values: ["\(target).example.test."]
    )
  }

  private func failure(_ body: () async throws -> Void) async -> Failure? {
    do {
      try await body()
      return nil
    } catch { return error as? Failure }
  }

  @Test("a zone file keeps the laws, and named-checkzone accepts the result")
  func keepsLaws() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/db.example"
      try write(NamedServer.standardRecords, to: path)
      try await DNSZoneLaws(origin: "example.test.") { try open(path) }.check()
      #expect(try check(path).contains("OK"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["db.example"])
    }
  }

  @Test("a change touches its own bytes and the serial, nothing else")
  func keepsBytes() async throws {
    let before = """
      ; the zone of the example \u{e9}\t
      $ORIGIN example.test.
      $TTL 1h
      @\tIN SOA ns1 admin (
      \t\t2026112104 ; serial
      \t\t5m ; refresh
      \t\t60 86400 5 )

      \tIN NS ns1 ; no owner
      ns1 A 127.0.0.1
      api   60   IN  CNAME  blue  ; the live one
      blue\tIN A 192.0.2.10   ; (not a parenthesis)
      $ORIGIN sub.example.test.
      txt TXT "a;b" "c (" ; strings

      """
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      try write(before, to: path)
      try await open(path).replace(
        at: "api.example.test.", former: [cname("blue")], with: [cname("green", ttl: 5)])
      let after = before.replacingOccurrences(of: "2026112104", with: "2026112105")
        .replacingOccurrences(
          of: "api   60   IN  CNAME  blue ", with: "api   5   IN  CNAME  green.example.test. ")
      #expect(try text(path) == after)
      _ = try check(path)
      try await open(path).replace(
        at: "api.example.test.", former: [cname("green", ttl: 5)], with: [cname("blue")])
      #expect(
        try text(path)
          == before.replacingOccurrences(of: "2026112104", with: "2026112106")
          .replacingOccurrences(of: "CNAME  blue ", with: "CNAME  blue.example.test. "))
    }
  }

  @Test("mode and links are kept")
  func keepsMode() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/real"
      try write(NamedServer.standardRecords, to: path)
      chmod(path, 0o640)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: path)
      try await open(folder + "/link").replace(
        at: "api.example.test.", former: [cname("blue")], with: [cname("green")])
      var status = stat()
      #expect(lstat(path, &status) == 0 && status.st_mode & 0o7777 == 0o640)
      #expect(lstat(folder + "/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(try text(path).contains("green.example.test."))
    }
  }

  @Test("changes at the same time all arrive, one after the other")
  func survivesRaces() async throws {
    let clock = ManualClock(movesByItself: true)
    let racing = ProviderContext(secrets: Secrets { _, _ in nil }, clock: clock)
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      try write(NamedServer.standardRecords, to: path)
      let url = try ResourceURL("zonefile://\(path)?origin=example.test")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask {
            let zone = try ResourceCatalog(DNSProviders.all).zone(url, in: racing)
            let name = "n\(number).example.test."
            let set = RecordSet(name: name, type: "A", ttlSeconds: 60, values: ["192.0.2.1"])
            for attempt in 0... {
              do {
                try await zone.replace(at: name, former: [], with: [set])
                return
              } catch let failure as Failure where failure.isTransient && attempt < 1_000 {
                continue
              }
            }
          }
        }
        try await group.waitForAll()
      }
      let zone = try open(path)
      #expect(try await zone.serial() == 21)
      for number in 0..<20 {
        let sets = try await zone.recordSets(at: "n\(number).example.test.")
        #expect(sets.count == 1)
      }
      _ = try check(path)
    }
  }

  @Test("files that must not be edited are refused with the way out")
  func refusesUnsafeFiles() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      func refusal(_ records: String) async throws -> Failure? {
        try write(records, to: path)
        let before = try text(path)
        let failure = await failure {
          try await open(path).replace(
            at: "api.example.test.", former: [cname("blue")], with: [cname("green")])
        }
        #expect(try text(path) == before)
        return failure
      }
      let records = NamedServer.standardRecords
      let delegated = try await refusal(records + "example.test. NS ns2\napi NS elsewhere.\n")
      #expect(delegated?.kind == .refused)
      let signed = try await refusal(
        records + "www RRSIG A 8 3 300 2030 2020 1 example.test. AA==\n")
      #expect(signed?.summary.contains("signatures") == true)
      let included = try await refusal(records + "$INCLUDE other\n")
      #expect(included?.summary.contains("\(path):19:1: $INCLUDE is not supported") == true)
      let wrong = try await refusal(records + "broken A 300.1.1.1\n")
      #expect(wrong?.summary.contains(":19:10: '300.1.1.1' is not an IPv4 address") == true)
      try write("", to: path + ".jnl")
      let journalled = try await refusal(records)
      #expect(journalled?.hint.contains("rfc2136") == true)
    }
  }

  @Test("what a crash left behind is in nobody's way")
  func survivesLeftovers() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      try write(NamedServer.standardRecords, to: path)
      try write("half a file", to: folder + "/.db.cutover-new")
      try write("", to: folder + "/.db.cutover-lock")
      try await open(path).replace(
        at: "api.example.test.", former: [cname("blue")], with: [cname("green")])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["db"])
      #expect(try await open(path).recordSets(at: "api.example.test.") == [cname("green")])
    }
  }

  @Test("a change that cannot be written changes nothing and says why")
  func failsWhole() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      try write(NamedServer.standardRecords, to: path)
      // Something in the way that even the superuser cannot write to.
      try FileManager.default.createDirectory(
        atPath: folder + "/.db.cutover-new", withIntermediateDirectories: false)
      let failure = await failure {
        try await open(path).replace(
          at: "api.example.test.", former: [cname("blue")], with: [cname("green")])
      }
      #expect(failure?.summary.contains("cannot be replaced: File exists") == true)
      #expect(try text(path) == NamedServer.standardRecords)
    }
  }

  @Test("a lock that another process holds is waited for, and then told")
  func waitsForLock() async throws {
    let clock = ManualClock(movesByItself: true)
    let patient = ProviderContext(secrets: Secrets { _, _ in nil }, clock: clock)
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      try write(NamedServer.standardRecords, to: path)
      let url = try ResourceURL("zonefile://\(path)?origin=example.test")
      let zone = try ResourceCatalog(DNSProviders.all).zone(url, in: patient)
      let holder = try HoldingProcess(lock: folder + "/.db.cutover-lock")
      let held = await failure {
        try await zone.replace(
          at: "api.example.test.", former: [cname("blue")], with: [cname("green")])
      }
      #expect(held?.isTransient == true && held?.summary.contains("locked") == true)
      // Killed, not asked: the kernel lets go for it.
      holder.kill()
      try await zone.replace(
        at: "api.example.test.", former: [cname("blue")], with: [cname("green")])
      #expect(try await zone.recordSets(at: "api.example.test.") == [cname("green")])
    }
  }

  @Test("a missing file and a folder are told apart from an absent name")
  func tellsMissing() async throws {
    try await TemporaryFolder.with { folder in
      let missing = await failure {
        _ = try await open(folder + "/none").recordSets(at: "api.example.test.")
      }
      #expect(missing?.summary.contains("No such file") == true)
      let isFolder = await failure { _ = try await open(folder).serial() }
      #expect(isFolder?.kind == .permanent)
    }
  }

  @Test("a file may name its own origin, and a relative path or bad parameter is refused")
  func readsURL() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/db"
      try write("; zone\n$ORIGIN Example.Test.\n" + NamedServer.standardRecords, to: path)
      let catalog = ResourceCatalog(DNSProviders.all)
      let zone = try catalog.zone(ResourceURL("zonefile://\(path)"), in: context)
      #expect(try await zone.origin() == "example.test.")
      #expect(try await zone.servers() == [])
      for text in ["zonefile://etc/db?origin=a", "zonefile:///x?origin=a..b", "zonefile:///x/"] {
        #expect(throws: Failure.self) { try catalog.zone(ResourceURL(text), in: context) }
      }
    }
  }
}
