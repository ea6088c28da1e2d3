/// Which step waits for which, by index.
struct StepGraph {
  /// For each step all steps that are surely done before it.
  private let before: [Set<Int>]
  /// The steps of each circle, in the order in which they wait for each other.
  let cycles: [[Int]]

  /// `after` lists for each step those that it names, or the one above it.
  init(after: [[Int]]) {
    let before = after.indices.map { Self.reachable(from: $0, after) }
    self.before = before
    var cycles: [[Int]] = []
    var told: Set<Int> = []
    for index in after.indices where before[index].contains(index) && !told.contains(index) {
      let cycle = Self.wayBack(to: index, after, before)
      // All steps that lead to each other make one circle, or several that share a step.
      told.formUnion(before[index].filter { before[$0].contains(index) })
      cycles.append(cycle)
    }
    self.cycles = cycles
  }

  func comesBefore(_ earlier: Int, _ later: Int) -> Bool { before[later].contains(earlier) }

  private static func reachable(from start: Int, _ after: [[Int]]) -> Set<Int> {
    var seen: Set<Int> = []
    var open = after[start]
    while let index = open.popLast() {
      if seen.insert(index).inserted { open += after[index] }
    }
    return seen
  }

  /// A shortest circle through the step, beginning with it.
  private static func wayBack(to start: Int, _ after: [[Int]], _ before: [Set<Int>]) -> [Int] {
    var cameFrom: [Int: Int] = [:]
    var open = [start]
    while !open.isEmpty {
      var next: [Int] = []
      for index in open {
        for other in after[index] where other == start || before[other].contains(start) {
          if other == start {
            var path = [index]
            while let last = path.last, last != start, let previous = cameFrom[last] {
              path.append(previous)
            }
            return path.reversed()
          }
          if cameFrom[other] == nil {
            cameFrom[other] = index
            next.append(other)
          }
        }
      }
      open = next
    }
    return [start]
  }
}
