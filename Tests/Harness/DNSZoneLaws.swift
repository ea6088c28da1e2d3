package import Resources

/// The laws of `DNSZone`, for any provider.
package struct DNSZoneLaws: Sendable {
  /// The zone's name, with its final dot.
  package let origin: String
  /// Opens the zone anew, as another process would.
  package let open: @Sendable () throws -> any DNSZone

  package init(origin: String, open: @escaping @Sendable () throws -> any DNSZone) {
    self.origin = origin
    self.open = open
  }

  /// Checks every law, one after the other, at names that the zone must not use yet; leaves them
  /// without records.
  package func check() async throws {
    try await absenceIsTold()
    try await replacingIsRepeatable()
    try await kindsChangeAtOnce()
    try await whatIsPutBackIsWhatWas()
    try await onlyTheExpectedIsReplaced()
    try await aliasesStandAlone()
    try await foreignNamesAreRefused()
    try await formsOfOneValueAreTheSame()
  }

  private var name: String { "laws." + origin }

  private func set(_ type: String, _ values: String..., ttl: Int = 60) -> RecordSet {
    RecordSet(name: name, type: type, ttlSeconds: ttl, values: values)
  }

  private func replace(_ former: [RecordSet], _ wanted: [RecordSet]) async throws {
    try await open().replace(at: name, former: former, with: wanted)
  }

  private func refusal(_ former: [RecordSet], _ wanted: [RecordSet]) async throws -> Failure.Kind? {
    let zone = try open()
    do throws(Failure) {
      try await zone.replace(at: name, former: former, with: wanted)
      return nil
    } catch { return error.kind }
  }

  private func expect(_ sets: [RecordSet], _ law: String) async throws {
    let found = try await open().recordSets(at: name)
    try hold(law, Set(found) == Set(sets) && found.count == sets.count, found)
  }

  private func serial() async throws -> UInt32? { try await open().serial() }

  private func absenceIsTold() async throws {
    let zone = try open()
    let found = try await zone.origin()
    try hold("a zone knows its name", found.utf8.elementsEqual(origin.utf8), found)
    try await expect([], "a name without records has no sets")
  }

  private func replacingIsRepeatable() async throws {
    let first = set("A", "192.0.2.1", "192.0.2.2")
    let before = try await serial()
    try await replace([], [first])
    try await expect([first], "what was put there is found")
    let after = try await serial()
    try hold("a change moves the serial", before == nil || before != after, after)
    try await replace([], [first])
    try await expect([first], "the same change again changes nothing")
    try hold("what is as wanted leaves the serial alone", try await serial() == after)
    let slower = set("A", "192.0.2.1", "192.0.2.2", ttl: 300)
    try await replace([first], [slower])
    try await expect([slower], "a TTL alone can be changed")
    try await replace([slower], [])
    try await expect([], "a set can be taken away")
    try await replace([slower], [])
    try await expect([], "and again")
  }

  private func kindsChangeAtOnce() async throws {
    let addresses = [set("A", "192.0.2.1"), set("AAAA", "2001:db8::1")]
    let alias = set("CNAME", "blue." + origin)
    try await replace([], addresses)
    try await replace(addresses, [alias])
    try await expect([alias], "addresses become an alias")
    try await replace([alias], addresses)
    try await expect(addresses, "an alias becomes addresses")
    try await replace(addresses, [])
  }

  private func whatIsPutBackIsWhatWas() async throws {
    let sets = [
      set("A", "192.0.2.7", "192.0.2.3", ttl: 77),
      set("MX", "10 mail.\(origin)", "20 mail.elsewhere.test.", ttl: 3_600),
      set("TXT", #""v=spf1 -all" "second string""#, #""quote \" slash \\ byte \009 semi;""#),
      set("CAA", #"0 issue "ca.example; account=1""#),
      set("SRV", "1 2 389 ldap.\(origin)"),
    ]
    try await replace([], sets)
    let found = try await open().recordSets(at: name)
    try hold("every value comes back as it was given", Set(found) == Set(sets), found)
    try await replace(found, [set("CNAME", "blue." + origin)])
    try await replace([set("CNAME", "blue." + origin)], found)
    try await expect(sets, "what is put back is what was there")
    try await replace(sets, [])
  }

  private func onlyTheExpectedIsReplaced() async throws {
    let expected = set("A", "192.0.2.1")
    let there = set("A", "192.0.2.9")
    let wanted = set("A", "192.0.2.2")
    let text = set("TXT", #""untouched""#)
    try await replace([], [there, text])
    let serial = try await serial()
    try hold(
      "another value is not overwritten", try await refusal([expected], [wanted]) == .refused)
    try hold("a value is not taken for none", try await refusal([], [wanted]) == .refused)
    let both = [set("A", "192.0.2.9", "192.0.2.10")]
    try hold("part of a set is not the set", try await refusal(both, [wanted]) == .refused)
    let slow = [set("A", "192.0.2.9", ttl: 61)]
    try hold("another TTL is another set", try await refusal(slow, [wanted]) == .refused)
    try await expect([there, text], "a refusal changes nothing")
    try hold("a refusal leaves the serial alone", try await self.serial() == serial)
    try await replace([there], [wanted])
    try await expect([wanted, text], "types that are not named stay")
    try await replace([wanted, text], [])
    try hold(
      "none is not taken for a value", try await refusal([expected], [wanted]) == .refused)
  }

  private func aliasesStandAlone() async throws {
    let text = set("TXT", #""beside""#)
    let alias = set("CNAME", "blue." + origin)
    try await replace([], [text])
    try hold("an alias is not put beside data", try await refusal([], [alias]) == .refused)
    try hold(
      "an alias is not given together with data",
      try await refusal([text], [text, alias]) == .refused)
    try await replace([text], [alias])
    try hold("data is not put beside an alias", try await refusal([], [text]) == .refused)
    let two = set("CNAME", "blue." + origin, "green." + origin)
    try hold("a name has one alias", try await refusal([alias], [two]) == .refused)
    try await expect([alias], "the alias is still there")
    try await replace([alias], [])
  }

  private func foreignNamesAreRefused() async throws {
    let zone = try open()
    let set = RecordSet(
      name: "x.foreign.invalid.", type: "A", ttlSeconds: 60, values: ["192.0.2.1"])
    do throws(Failure) {
      try await zone.replace(at: set.name, former: [], with: [set])
    } catch {
      try hold("a name outside of the zone is no accident that may pass", !error.isTransient)
      return
    }
    throw BrokenLaw("a name outside of the zone cannot be changed")
  }

  private func formsOfOneValueAreTheSame() async throws {
    let written = set("CNAME", "BLUE.\(origin)")
    try await replace([], [written])
    let found = try await open().recordSets(at: name)
    try hold(
      "names in values are in small letters", found == [set("CNAME", "blue.\(origin)")], found)
    try await replace([written], [])
    let long = RecordSet(
      name: name.uppercased(), type: "aaaa", ttlSeconds: 60, values: ["2001:0db8:0:0:0:0:0:0001"])
    try await open().replace(at: name.uppercased(), former: [], with: [long])
    let addresses = try await open().recordSets(at: name)
    try hold("values have one form", addresses == [set("AAAA", "2001:db8::1")], addresses)
    try await replace(addresses, [])
    try await expect([], "nothing is left behind")
  }
}
