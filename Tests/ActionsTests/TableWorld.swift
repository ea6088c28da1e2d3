import Actions
import Harness
import Resources
import Rollouts

/// Two tables in memory and the actions between them.
struct TableWorld {
  let site: MemorySite
  let faults = Faults()
  let from: MemoryTable
  let to: MemoryTable

  init(folder: String, orders: (MemoryTable.Order, MemoryTable.Order) = (.byKey, .byKey)) throws {
    site = MemorySite(folder: folder)
    from = MemoryTable(try ResourceURL("memory:///from"), order: orders.0, faults: faults)
    to = MemoryTable(try ResourceURL("memory:///to"), order: orders.1, faults: faults)
    site.add(from)
    site.add(to)
  }

  static func item(_ id: String, _ text: String) throws -> Item {
    Item(
      bytes: Array(#"{"id":{"S":"\#(id)"},"text":{"S":"\#(text)"}}"#.utf8), isCanonical: true)
  }

  /// Items `k000`, `k001` and so on.
  static func items(_ count: Int) throws -> [Item] {
    try (0..<count).map { number in
      let digits = String(number)
      return try item(
        "k" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits, "text \(number)")
    }
  }

  func input(batch: Int? = nil) -> TablesCopy.Input {
    var input = TablesCopy.Input(pairs: [.init(from: from.url, to: to.url)])
    input.batch = batch
    return input
  }

  func action() throws -> TablesCopy { try TablesCopy(input(), in: site.site()) }

  func run(batch: Int? = nil) -> StubbornRun<TablesCopy> { run(input(batch: batch)) }

  func run(_ input: TablesCopy.Input, savesEvery: Int = 1) -> StubbornRun<TablesCopy> {
    StubbornRun(pace: site.pace, savesEvery: savesEvery) { [site] in
      try TablesCopy(input, in: site.site())
    }
  }
}
