import Resources
import Wire

/// Rewrites the sets at one name of a zone file, touching as few bytes as it can.
///
/// A record that changes is changed in place, so that its comment and columns stay. The result is
/// read again and compared record by record: anything but the wanted difference throws.
struct ZoneFileEditor {
  private struct Splice {
    let range: Range<Int>
    let text: [UInt8]
  }

  private let file: ZoneFile
  private let change: RecordChange
  private let serial: UInt32
  private var splices: [Splice] = []
  /// Indices of records whose lines go.
  private var removed: Set<Int> = []
  /// TTLs that are written anew, by the index of their record.
  private var newTTLs: [Int: UInt32] = [:]

  /// The bytes after the change, with this serial.
  static func edit(
    _ file: ZoneFile, _ change: RecordChange, serial: UInt32
  ) throws(Failure) -> [UInt8] {
    // Changing data in place is right for all but the oddest layouts; those get new lines.
    for inPlace in [true, false] {
      var editor = ZoneFileEditor(file, change, serial)
      editor.plan(inPlace: inPlace)
      let bytes = editor.result()
      if editor.isRight(bytes) { return bytes }
    }
    throw .permanent(
      "the records of \(change.name) are written in a way that cutover cannot change safely",
      hint: "Put each of them on a line of its own, without parentheses.")
  }

  private init(_ file: ZoneFile, _ change: RecordChange, _ serial: UInt32) {
    self.file = file
    self.change = change
    self.serial = serial
  }

  private mutating func plan(inPlace: Bool) {
    let own = file.records.indices.filter {
      file.records[$0].name == change.name && change.types.contains(file.records[$0].type)
    }
    var lines: [UInt8] = []
    for type in change.types {
      let old = own.filter { file.records[$0].type == type }
      let wanted = change.wanted.first { $0.isType(type) }
      lines += plan(old, wanted, inPlace: inPlace)
    }
    let place = lines.isEmpty ? nil : insert(lines, near: own.first)
    keepInherited(insertedAt: place)
    for index in removed {
      splices.append(Splice(range: file.records[index].entry.range, text: []))
    }
    if let token = serialToken {
      splices.append(Splice(range: token, text: Array("\(serial)".utf8)))
    }
  }

  /// Plans one set; answers the lines that must be written anew.
  private mutating func plan(_ old: [Int], _ wanted: RecordSet?, inPlace: Bool) -> [UInt8] {
    guard let wanted else {
      removed.formUnion(old)
      return []
    }
    var values = wanted.values
    var others: [Int] = []
    for index in old {
      // A value that stays keeps its line; a second line with the same value goes.
      guard inPlace, let kept = values.firstIndex(where: { isSame($0, file.records[index].value) })
      else {
        others.append(index)
        continue
      }
      values.remove(at: kept)
      setTTL(index, wanted.ttlSeconds)
    }
    var lines: [UInt8] = []
    for value in values {
      if inPlace, let index = others.first, let range = file.records[index].dataRange {
        others.removeFirst()
        splices.append(Splice(range: range, text: Array(value.utf8)))
        setTTL(index, wanted.ttlSeconds)
      } else {
        lines += line(wanted, value)
      }
    }
    removed.formUnion(others)
    return lines
  }

  private mutating func setTTL(_ index: Int, _ seconds: Int, isForced: Bool = false) {
    let record = file.records[index]
    guard isForced || Int(record.ttlSeconds) != seconds else { return }
    newTTLs[index] = UInt32(clamping: seconds)
    if let range = record.ttlRange {
      splices.append(Splice(range: range, text: Array("\(seconds)".utf8)))
    } else {
      let place = record.ttlPlace
      splices.append(Splice(range: place..<place, text: Array("\(seconds) ".utf8)))
    }
  }

  private func line(_ set: RecordSet, _ value: String) -> [UInt8] {
    Array("\(change.name)\t\(set.ttlSeconds)\tIN\t\(set.type)\t\(value)".utf8) + lineEnd
  }

  /// Puts new lines where the set was, else below the name's last record, else at the end.
  private mutating func insert(_ lines: [UInt8], near index: Int?) -> Int {
    let last = file.records.lastIndex { $0.name == change.name }
    let place =
      index.map { file.records[$0].entry.range.lowerBound }
      ?? last.map { file.records[$0].entry.range.upperBound } ?? file.bytes.count
    let isLineStart = place == 0 || file.bytes[place - 1] == 0x0a
    splices.append(Splice(range: place..<place, text: (isLineStart ? [] : lineEnd) + lines))
    return place
  }

  /// Writes out what a record took over from above, where that is not the same any more.
  private mutating func keepInherited(insertedAt place: Int?) {
    var owner: DNSName?
    var lastTTL: UInt32?
    var place = place
    for (index, record) in file.records.enumerated() {
      let start = record.entry.range.lowerBound
      if let inserted = place, inserted <= start {
        owner = change.name
        lastTTL = change.wanted.last.map { UInt32(clamping: $0.ttlSeconds) }
        place = nil
      }
      guard !removed.contains(index) else { continue }
      if record.entry.isIndented, owner != record.name {
        splices.append(Splice(range: start..<start, text: Array(record.name.description.utf8)))
      }
      let ttl = newTTLs[index] ?? record.ttlSeconds
      if record.inheritsTTL, newTTLs[index] == nil, index > 0, lastTTL != ttl {
        setTTL(index, Int(ttl), isForced: true)
      }
      owner = record.name
      if record.ttlRange != nil || record.inheritsTTL { lastTTL = ttl }
    }
  }

  /// Where the serial is written.
  private var serialToken: Range<Int>? {
    file.start.dataTokens.count == 7 ? file.start.dataTokens[2].range : nil
  }

  private var lineEnd: [UInt8] {
    let end = file.bytes.firstIndex(of: 0x0a) ?? 0
    return end > 0 && file.bytes[end - 1] == 0x0d ? [0x0d, 0x0a] : [0x0a]
  }

  private func result() -> [UInt8] {
    var bytes: [UInt8] = []
    var position = 0
    // At one place, what is put in goes before what is taken out.
    let ordered = splices.enumerated().sorted {
      ($0.element.range.lowerBound, $0.element.range.count, $0.offset)
        < ($1.element.range.lowerBound, $1.element.range.count, $1.offset)
    }
    for (_, splice) in ordered where splice.range.lowerBound >= position {
      bytes += file.bytes[position..<splice.range.lowerBound] + splice.text
      position = splice.range.upperBound
    }
    return bytes + file.bytes[position...]
  }

  /// Whether the bytes hold exactly the records wanted: those untouched, in order, and the new sets.
  private func isRight(_ bytes: [UInt8]) -> Bool {
    guard let after = try? ZoneFile(bytes, zone: file.zone), after.serial == serial else {
      return false
    }
    let kept = Self.untouched(file, change)
    let found = Self.untouched(after, change)
    guard kept.count == found.count, zip(kept, found).allSatisfy({ $0.isSame(as: $1) }) else {
      return false
    }
    let (concerned, _) = change.split(after.recordSets(at: change.name))
    let ttls = after.records(at: change.name).filter { change.types.contains($0.type) }
    let agree = change.wanted.allSatisfy { set in
      ttls.allSatisfy { !set.isType($0.type) || Int($0.ttlSeconds) == set.ttlSeconds }
    }
    return agree && RecordChange.isSame(concerned, change.wanted)
  }

  private static func untouched(_ file: ZoneFile, _ change: RecordChange) -> [ZoneFileRecord] {
    file.records.filter { record in
      let isConcerned = record.name == change.name && change.types.contains(record.type)
      return !isConcerned && record.type != .soa
    }
  }

  private func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }
}
