import Digests
import Foundation
import Harness
import Testing

@Suite(.waiting) struct DigestSumTests {
  private let items = (0..<500).map { Array("item \($0 / 2)".utf8) }

  @Test("the order of items does not matter, and parts add up to the whole")
  func order() {
    var whole = DigestSum()
    for item in items { whole.add(item) }
    var first = DigestSum()
    var second = DigestSum()
    var stream = DigestStream(.sha256)
    for (index, item) in items.reversed().enumerated() {
      if index.isMultiple(of: 3) {
        first.add(item, using: &stream)
      } else {
        second.add(item, using: &stream)
      }
    }
    first += second
    #expect(first == whole)
    #expect(whole.count == 500)
  }

  @Test("a lost, a repeated and a changed item each change it")
  func differences() {
    var sum = DigestSum()
    for item in items { sum.add(item) }
    var lost = sum
    lost.remove(digest: Digest.sha256(items[7]))
    var repeated = sum
    repeated.add(items[7])
    var changed = lost
    changed.add(Array("item 3,5".utf8))
    #expect(Set([sum, lost, repeated, changed]).count == 4)
    lost.add(items[7])
    #expect(lost == sum)
  }

  @Test("the sum agrees with Python's big integers")
  func python() throws {
    var sum = DigestSum()
    for item in items { sum.add(item) }
    let script = """
      import hashlib, sys
      items = [b'item %d' % (i // 2) for i in range(500)]
      total = sum(int.from_bytes(hashlib.sha256(i).digest(), 'big') for i in items) % 2**256
      sys.stdout.write('%d:%064x' % (len(items), total))
      """
    #expect(try sum.description == Tool.run(["python3", "-c", script]).text)
  }

  @Test("its text reads back, in JSON too")
  func text() throws {
    var sum = DigestSum()
    for item in items { sum.add(item) }
    #expect(DigestSum(sum.description) == sum)
    let data = try JSONEncoder().encode([sum])
    #expect(try JSONDecoder().decode([DigestSum].self, from: data) == [sum])
  }

  @Test(
    "a text that is not exactly a sum's is refused",
    arguments: [
      "", "1", "1:", "1:00", "+1:\(zeros)", "01:\(zeros)", "-1:\(zeros)", "1:\(zeros)0",
      "1:\(zeros) ",
      "1:" + zeros.dropLast() + "F", "18446744073709551616:\(zeros)",
    ])
  func refused(_ text: String) {
    #expect(DigestSum(text) == nil)
  }

  static let zeros = String(repeating: "0", count: 64)
}
