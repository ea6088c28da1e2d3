import Resources

/// One page of a source with what becomes of each of its items.
struct MigrationPage: Sendable, Equatable {
  var start: PagePosition?
  var next: PagePosition?
  var entries: [MigrationEntry]
}

// The form in which the archive keeps it: length-prefixed parts in the machine's own byte order,
// since the file belongs to one step on one machine.
extension MigrationPage {
  func bytes() -> [UInt8] {
    var writer = PartWriter()
    writer.number(entries.count)
    for entry in entries {
      writer.item(entry.source)
      switch entry.outcome {
      case .skip(let reason):
        writer.number(0)
        writer.part(Array(reason.utf8))
      case .rejected(let reason):
        writer.number(1)
        writer.part(Array(reason.utf8))
      case .writes(let writes):
        writer.number(2 + writes.count)
        for write in writes {
          writer.number(write.target)
          writer.number(Int(write.kind.rawValue))
          writer.part(write.key.bytes)
          writer.item(write.former)
          writer.item(write.new)
        }
      }
    }
    return writer.bytes
  }

  /// Nil for anything that `bytes` did not make.
  init?(bytes: [UInt8], start: PagePosition?, next: PagePosition?) {
    var reader = PartReader(bytes: bytes)
    guard let count = reader.number(), count <= bytes.count else { return nil }
    var entries: [MigrationEntry] = []
    for _ in 0..<count {
      guard case .some(.some(let source)) = reader.item(), let kind = reader.number() else {
        return nil
      }
      if kind < 2 {
        guard let reason = reader.part() else { return nil }
        let text = String(decoding: reason, as: UTF8.self)
        entries.append(
          MigrationEntry(source: source, outcome: kind == 0 ? .skip(text) : .rejected(text)))
        continue
      }
      var writes: [MigrationWrite] = []
      for _ in 0..<(kind - 2) {
        guard let target = reader.number(),
          let kind = reader.number().flatMap({ MigrationWrite.Kind(rawValue: UInt8(clamping: $0)) }
          ),
          let key = reader.part(), let former = reader.item(), let new = reader.item()
        else { return nil }
        writes.append(
          MigrationWrite(
            target: target, key: ItemKey(bytes: key), former: former, new: new, kind: kind))
      }
      entries.append(MigrationEntry(source: source, outcome: .writes(writes)))
    }
    guard reader.isAtEnd else { return nil }
    self.init(start: start, next: next, entries: entries)
  }
}

private struct PartWriter {
  var bytes: [UInt8] = []

  mutating func number(_ value: Int) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func part(_ part: [UInt8]) {
    number(part.count)
    bytes.append(contentsOf: part)
  }

  mutating func item(_ item: Item?) {
    number(item.map { $0.isCanonical ? 2 : 1 } ?? 0)
    if let item { part(item.bytes) }
  }
}

private struct PartReader {
  let bytes: [UInt8]
  private var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func number() -> Int? {
    guard bytes.count - offset >= MemoryLayout<Int>.size else { return nil }
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Int.self) }
    offset += MemoryLayout<Int>.size
    return value >= 0 ? value : nil
  }

  mutating func part() -> [UInt8]? {
    guard let count = number(), count <= bytes.count - offset else { return nil }
    defer { offset += count }
    return Array(bytes[offset..<offset + count])
  }

  /// Nil for damage; some nil where there was no item.
  mutating func item() -> Item?? {
    guard let kind = number(), kind <= 2 else { return nil }
    if kind == 0 { return .some(nil) }
    guard let part = part() else { return nil }
    return Item(bytes: part, isCanonical: kind == 2)
  }
}
