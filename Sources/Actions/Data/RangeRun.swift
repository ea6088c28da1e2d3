import Resources
import Rollouts

/// A walk over a range of keys, with how far the range has been worked off.
protocol RangedWalk: Sendable {
  var range: BucketRange { get }
}

/// A page that was copied; all of it is durable at the target.
struct PageResult<Walk: RangedWalk>: Sendable {
  /// Where the range goes on.
  var walk: Walk
  var outcomes: [ObjectOutcome] = []
}

/// Works off ranges of keys side by side, page by page, with one checkpoint for all of them.
struct RangeRun<Walk: RangedWalk>: Sendable {
  let plan: BucketSyncPlan
  let unit: String
  let progress: Progress<BucketSyncCheckpoint>
  let copyPage: @Sendable (Walk) async throws(Failure) -> PageResult<Walk>

  /// Nil stands for a range that is done; what is counted is durable at the target.
  func run(
    _ walks: [Walk?], from start: BucketSyncCheckpoint
  ) async throws(Failure) -> BucketSyncCheckpoint {
    let attempt: @Sendable (Int, Walk) async -> (Int, Result<PageResult<Walk>, Failure>) = {
      index, walk in
      do throws(Failure) {
        return (index, .success(try await self.copyPage(walk)))
      } catch {
        return (index, .failure(error))
      }
    }
    let (state, failure) = await withTaskGroup(
      of: (Int, Result<PageResult<Walk>, Failure>).self
    ) { group in
      var state = start
      var failure: Failure?
      for (index, walk) in walks.enumerated() {
        if let walk { group.addTask { await attempt(index, walk) } }
      }
      while let (index, result) = await group.next() {
        do throws(Failure) {
          let page = try result.get()
          state.count(page.outcomes)
          state.ranges?[index] = page.walk.range
          // After a failure the others only finish what they have begun.
          if failure != nil { continue }
          if !page.walk.range.isCopied { group.addTask { await attempt(index, page.walk) } }
          try await progress.save(state)
          progress.pace.report(
            .init(
              done: state.read, total: plan.objectCount, bytes: state.bytes,
              bytesTotal: plan.byteCount, unit: unit))
        } catch {
          failure = failure ?? error
        }
      }
      return (state, failure)
    }
    guard let failure else { return state }
    // What the others finished meanwhile need not be done again.
    if walks.count > 1 { try? await progress.saveNow(state) }
    throw failure
  }
}
