import Resources
import Rollouts

/// Copies several tables side by side; one owner decides, child tasks move single pages.
struct TableCopyRun {
  /// Segments of all tables that move at the same time; each holds a page or two in memory.
  private static let segmentsAtOnceMax = 16

  let copiers: [TablePageCopier]
  let copies: Int
  let total: Int?
  let progress: Progress<TableCopyCheckpoint>

  /// One segment of one pair.
  private struct Lane: Sendable, Hashable {
    let pair: Int
    let segment: Int
  }

  private enum Step: Sendable {
    case moved(Lane, TablePageCopier.Move)
    case failed(Failure)
  }

  /// The pairs when all of them are done.
  ///
  /// After a failure the pages under way are finished and saved before it is thrown.
  func finish(
    _ start: TableCopyCheckpoint
  ) async throws(Failure) -> [TableCopyCheckpoint.Pair] {
    guard start.pairs.count == copiers.count else {
      throw .permanent(
        "the checkpoint is of another copy", hint: "Roll back, and begin a new rollout.")
    }
    var state = start
    let failure = await withTaskGroup(of: Step.self, returning: Failure?.self) { group in
      var failure: Failure?
      var waiting = lanes(of: start)
      var running: [Int: Int] = [:]
      func admit() {
        while running.values.reduce(0, +) < Self.segmentsAtOnceMax,
          let index = waiting.firstIndex(where: {
            running[$0.pair] != nil || running.count < copies
          })
        {
          let lane = waiting.remove(at: index)
          running[lane.pair, default: 0] += 1
          let pair = state.pairs[lane.pair]
          group.addTask { await step(lane, pair) }
        }
      }
      admit()
      while let step = await group.next() {
        switch step {
        case .failed(let reason): failure = failure ?? reason
        case .moved(let lane, let move):
          state.pairs[lane.pair].segments[lane.segment] = move.segment
          state.pairs[lane.pair].tally += move.tally
          do throws(Failure) {
            try await progress.save(state)
            report(state)
          } catch {
            failure = failure ?? error
          }
          guard failure == nil else { continue }
          let pair = state.pairs[lane.pair]
          guard move.segment.isDone else {
            group.addTask { await self.step(lane, pair) }
            continue
          }
          running[lane.pair] = running[lane.pair].flatMap { $0 > 1 ? $0 - 1 : nil }
          admit()
        }
      }
      return failure
    }
    if let failure { throw failure }
    return state.pairs
  }

  private func lanes(of state: TableCopyCheckpoint) -> [Lane] {
    var lanes: [Lane] = []
    for (pair, progress) in state.pairs.enumerated() {
      for (segment, part) in progress.segments.enumerated() where !part.isDone {
        lanes.append(Lane(pair: pair, segment: segment))
      }
    }
    return lanes
  }

  private func step(_ lane: Lane, _ pair: TableCopyCheckpoint.Pair) async -> Step {
    do throws(Failure) {
      return .moved(lane, try await copiers[lane.pair].step(pair, segment: lane.segment))
    } catch {
      return .failed(error)
    }
  }

  private func report(_ state: TableCopyCheckpoint) {
    let now = progress.pace.clock.now()
    progress.pace.report(
      .init(
        done: state.pairs.reduce(0) { $0 + $1.tally.read }, total: total,
        bytes: state.pairs.reduce(0) { $0 + $1.tally.bytes }, unit: "items",
        waitingFor: copiers.lazy.compactMap { $0.governor.reason(at: now) }.first))
  }
}
