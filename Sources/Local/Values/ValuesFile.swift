import Glibc
import JSON
package import Resources

/// Values in a file, `values:///path.json`: one JSON object, texts for words.
///
/// Each change writes the file anew beside the old one, makes it durable and puts it in its place.
/// Writers take turns by a lock on `path.lock`, which stays. A file that is not there holds nothing.
package actor ValuesFile: ValueStore {
  private static let bytesMax = 1 << 20

  nonisolated package let url: ResourceURL
  private let path: String
  private let executor = BlockingExecutor(label: "cutover.values")
  nonisolated package var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  nonisolated package var isAtomic: Bool { true }

  package init(_ url: ResourceURL) throws(Failure) {
    self.url = url
    path = try LocalPath.path(of: url)
  }

  package func value(of key: String, as type: ValueType) async throws(Failure) -> ValueAnswer {
    Self.answer(try read()[key], type)
  }

  package func replace(
    _ key: String, _ type: ValueType, former: StoredValue?, with value: StoredValue?, again: Bool
  ) async throws(Failure) -> ValueReplacement {
    let lock = try FileLock(path + ".lock", url)
    defer { lock.release() }
    var values = try read()
    let found = Self.answer(values[key], type)
    if again, found.is(value) { return .done }
    guard found.is(former) else { return .conflict(found) }
    values[key] = value.map(Self.json)
    try FileReplacement.replace(path, with: Array((values.pretty() + "\n").utf8), url)
    return .done
  }

  private func read() throws(Failure) -> JSONValue {
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else {
      if errno == ENOENT { return .object([]) }
      throw .system(errno, "\(url) cannot be read")
    }
    let file = OpenFile(taking: number)
    let status = file.status()
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .permanent("\(url) is not a file", hint: "Check the path.")
    }
    guard status.st_size <= Self.bytesMax else {
      throw .permanent("\(url) has more than \(Self.bytesMax) bytes", hint: "Check the path.")
    }
    let bytes = try file.read(Int(status.st_size), "\(url) cannot be read")
    guard let value = try? JSONValue(reading: bytes), value.members != nil else {
      throw .permanent("\(url) is no JSON object", hint: "Mend the file; nothing was changed.")
    }
    return value
  }

  private static func json(_ value: StoredValue) -> JSONValue {
    switch value.type {
    case .word: .string(value.text)
    case .flag: .bool(value.text == "true")
    case .number: .number(value.text)
    }
  }

  private static func answer(_ held: JSONValue?, _ type: ValueType) -> ValueAnswer {
    guard let held else { return .absent }
    let value: StoredValue? =
      switch type {
      case .word: held.string.flatMap { StoredValue($0, as: .word) }
      case .flag: held.bool.map(StoredValue.flag)
      case .number: held.numberText.flatMap { StoredValue(plain($0), as: .number) }
      }
    return value.map { .value($0) } ?? .malformed("\(held.noun), which is no \(type.rawValue)")
  }

  private static func plain(_ text: String) -> String {
    String(decoding: DecimalText.canonical(Array(text.utf8)), as: UTF8.self)
  }
}

extension Provider {
  /// Values in files.
  package static let values = Provider(
    scheme: "values", summary: "Values in a file, one JSON object.",
    example: "values:///srv/app/values.json",
    open: .values { url, _ throws(Failure) in try ValuesFile(url) })
}
