import Resources
import Wire

/// The contents of a zone file: its bytes, and the records that they say.
///
/// A value; changing it gives new bytes, in which everything untouched is as it was.
struct ZoneFile {
  let bytes: [UInt8]
  let zone: DNSName
  let records: [ZoneFileRecord]
  let start: ZoneFileRecord

  /// Reads a file that must hold the zone's one SOA record.
  init(_ bytes: [UInt8], zone: DNSName) throws(ZoneFileError) {
    self.bytes = bytes
    self.zone = zone
    records = try ZoneFileReader.read(bytes, zone: zone)
    let starts = records.filter { $0.type == .soa }
    guard let start = starts.first else {
      throw .at(bytes.count, in: bytes, "the file holds no SOA record")
    }
    guard start.name == zone else {
      throw .at(
        start.entry.range.lowerBound, in: bytes,
        "the SOA record is for \(start.name), not for \(zone)")
    }
    if starts.count > 1 {
      throw .at(starts[1].entry.range.lowerBound, in: bytes, "there is a second SOA record")
    }
    self.start = start
  }

  var serial: UInt32 {
    guard case .known(let data) = start.data else { return 0 }
    // Five numbers of four bytes end the data; the serial is the first of them.
    return data.bytes.suffix(20).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Whether signatures cover the records, so that a change would break them.
  var isSigned: Bool { records.contains { $0.type == .rrsig } }

  func records(at name: DNSName) -> [ZoneFileRecord] { records.filter { $0.name == name } }

  /// All record sets at a name; the TTL of a set is that of its first record, as servers take it.
  func recordSets(at name: DNSName) -> [RecordSet] {
    var sets: [RecordSet] = []
    var types: [DNSType] = []
    let own = records(at: name)
    for record in own where !types.contains(record.type) {
      types.append(record.type)
      let values = Set(own.filter { $0.type == record.type }.map { Array($0.value.utf8) })
      sets.append(
        RecordSet(
          name: name.lowercased.description, type: record.type.description,
          ttlSeconds: Int(record.ttlSeconds),
          values: values.map { String(decoding: $0, as: UTF8.self) }))
    }
    return sets.ordered()
  }

  /// The name at which somebody else's servers take over; nil when this zone answers for `name`.
  func delegation(above name: DNSName) -> DNSName? {
    var candidate: DNSName? = name
    while let cut = candidate, cut != zone, cut.isWithin(zone) {
      if records.contains(where: { $0.name == cut && $0.type == .ns }) { return cut }
      candidate = cut.parent
    }
    return nil
  }
}
