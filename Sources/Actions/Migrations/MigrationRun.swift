import Resources
import Rollouts

/// Migrates all segments of a source side by side; one owner decides, child tasks move pages.
struct MigrationRun {
  /// Segments that move at the same time; each holds a page or two in memory.
  private static let segmentsAtOnceMax = 8

  let pager: MigrationPager
  let total: Int?
  let progress: Progress<MigrationCheckpoint>

  private enum Step: Sendable {
    case moved(Int, MigrationCheckpoint.Segment)
    case failed(Failure)
  }

  /// The checkpoint when all segments are done.
  ///
  /// After a failure the pages under way are finished and saved before it is thrown.
  func finish(_ start: MigrationCheckpoint) async throws(Failure) -> MigrationCheckpoint {
    var state = start
    // Those with keys first: another segment that waits for them must not keep them from moving.
    var stored: [Int] = []
    var others: [Int] = []
    for (index, segment) in start.segments.enumerated() where !segment.isDone {
      if try await pager.reclaim(segment, index: index) {
        stored.append(index)
      } else {
        others.append(index)
      }
    }
    let order = stored + others
    let failure = await withTaskGroup(of: Step.self, returning: Failure?.self) { group in
      var failure: Failure?
      var waiting = order
      func begin(_ index: Int) {
        let state = state
        group.addTask { await step(index, state) }
      }
      for index in waiting.prefix(Self.segmentsAtOnceMax) { begin(index) }
      waiting.removeFirst(min(waiting.count, Self.segmentsAtOnceMax))
      while let step = await group.next() {
        switch step {
        case .failed(let reason): failure = failure ?? reason
        case .moved(let index, let move):
          state.segments[index] = move
          do throws(Failure) {
            try await progress.save(state)
            report(state)
          } catch {
            failure = failure ?? error
          }
          guard failure == nil else { continue }
          if !move.isDone {
            begin(index)
          } else if !waiting.isEmpty {
            begin(waiting.removeFirst())
          }
        }
      }
      return failure
    }
    if let failure { throw failure }
    return state
  }

  private func step(_ index: Int, _ state: MigrationCheckpoint) async -> Step {
    do throws(Failure) {
      return .moved(
        index,
        try await pager.step(
          state.segments[index], index: index, of: state.segments.count, read: state.tally.read))
    } catch {
      return .failed(error)
    }
  }

  private func report(_ state: MigrationCheckpoint) {
    let now = progress.pace.clock.now()
    progress.pace.report(
      .init(
        done: state.tally.read, total: total, bytes: state.tally.bytes, unit: "items",
        waitingFor: pager.targets.lazy.compactMap { $0.governor.reason(at: now) }.first))
  }
}
