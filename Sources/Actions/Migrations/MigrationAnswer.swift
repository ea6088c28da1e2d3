import Digests
import JSON
import Resources

/// What a transform answered to one source item, as digests; kept where it is a program's word.
struct MigrationAnswer: Sendable, Hashable {
  let key: ItemKey
  /// Of the source item as it was asked about.
  let source: [UInt8]
  let answer: [UInt8]

  init(_ key: ItemKey, _ item: Item, _ outcome: MigrationOutcome) {
    self.key = key
    source = Self.digest(of: item)
    answer = Self.digest(of: outcome)
  }

  init(key: ItemKey, source: [UInt8], answer: [UInt8]) {
    self.key = key
    self.source = source
    self.answer = answer
  }

  static func digest(of item: Item) -> [UInt8] { Digest.sha256(canonical(item)) }

  /// Equal for answers that mean the same; the order of several writes means nothing, nor do the
  /// words of a failure.
  private static func digest(of outcome: MigrationOutcome) -> [UInt8] {
    switch outcome {
    case .failed: return Digest.sha256(Array("failed".utf8))
    case .skip(let reason): return Digest.sha256(Array("skip ".utf8) + Array(reason.utf8))
    case .writes(let writes):
      let parts = writes.map { write in
        switch write.kind {
        case .put(let item): part("put", write.target, item)
        case .update(let item): part("update", write.target, item)
        case .delete(let item): part("delete", write.target, item)
        }
      }
      return Digest.sha256(parts.sorted { $0.lexicographicallyPrecedes($1) }.flatMap(\.self))
    }
  }

  private static func part(_ verb: String, _ target: String, _ item: Item) -> [UInt8] {
    Digest.sha256(Array("\(verb) \(target)\n".utf8) + canonical(item))
  }

  private static func canonical(_ item: Item) -> [UInt8] {
    if item.isCanonical { return item.bytes }
    return (try? ItemForm.canonical(item.bytes)) ?? item.bytes
  }
}
