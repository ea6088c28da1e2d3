import Actions
import Harness
import Resources
import Rollouts

/// Two buckets in memory and the syncs between them.
struct BucketWorld {
  let site: MemorySite
  let faults = Faults()
  let from: MemoryBucket
  let to: MemoryBucket

  init(folder: String, targetExists: Bool = true) throws {
    site = MemorySite(folder: folder)
    from = MemoryBucket(try ResourceURL("memorybucket:///from"), faults: faults)
    to = MemoryBucket(
      try ResourceURL("memorybucket:///to"), exists: targetExists, faults: faults)
    site.add(from)
    site.add(to)
  }

  /// Objects `o000`, `o001` and so on.
  func fill(_ count: Int) {
    for number in 0..<count {
      let digits = String(number)
      let name = "o" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
      from.put(name, .init("content \(number)", type: number.isMultiple(of: 2) ? "text/a" : nil))
    }
  }

  func input(_ change: (inout BucketsSync.Input) -> Void = { _ in }) -> BucketsSync.Input {
    var input = BucketsSync.Input(from: from.url, to: to.url)
    change(&input)
    return input
  }

  func run(_ input: BucketsSync.Input) -> StubbornRun<BucketsSync> {
    StubbornRun(pace: site.pace) { [site] in try BucketsSync(input, in: site.site()) }
  }
}
