/// What a step does with a resource, as far as rights go.
///
/// Each use stands alone: a step that copies into a table both looks at it and writes to it.
package enum ResourceUse: String, Sendable, Hashable, Codable, CaseIterable {
  /// Looks at its definition and state: `plan`, `check`, interlocks.
  case look
  /// Reads what it holds.
  case read
  /// Changes or adds to what it holds.
  case write
  /// Makes it or changes its definition.
  case create
  /// Empties it or removes it.
  case destroy
}

/// What only some steps do with a resource, besides the plain uses, as far as rights go.
///
/// They stand alone too, and no provider needs to know any of them.
package enum SpecialUse: String, Sendable, Hashable, Codable, CaseIterable {
  /// Has the cloud work out what a change would do; nothing is carried out.
  case foresee
  /// Looks at all that would go with it: settings, former versions, what it still holds.
  case survey
  /// Deletes what it holds, former versions too, and leaves it there.
  case clear
  /// Makes it again as it was, with its settings.
  case remake
  /// Puts files there that a service reads.
  case deposit
  /// Has a service read this one file.
  case fetch
  /// Has its store keep backups of it, and delete them.
  case backUp
  /// Has its store make another one of it, or make it of another.
  case restore
  /// Has its store write it out.
  case export
  /// Has a store write files there that it exports.
  case takeExport
  /// Looks at what the resource does with former versions, and which there are.
  case lookBack
  /// Reads former versions.
  case readHistory
  /// Adds versions, and takes single ones away.
  case writeHistory
  /// Looks at whether what it holds can be locked or have access lists.
  case regard
  /// Reads locks of what it holds.
  case readLocks
  /// Puts locks on what is written.
  case writeLocks
  /// Reads access lists of what it holds.
  case readLists
  /// Puts access lists on what is written.
  case writeLists
}

/// One right that a cloud's access control must grant.
package struct Permission: Sendable, Hashable, Codable {
  /// Service and operation, such as `dynamodb:BatchWriteItem`.
  package var action: String
  /// The resource's full name, with `*` where a part is not known beforehand.
  package var resource: String
  /// The profile whose credentials need it; nil for the standard ones.
  package var profile: String?

  package init(_ action: String, on resource: String, profile: String? = nil) {
    self.action = action
    self.resource = resource
    self.profile = profile
  }
}

/// One operation of a cloud that somebody means to call, for the rights that it takes.
package struct CloudUse: Sendable, Hashable {
  package var service: String
  package var operation: String
  /// The method of a REST service; some grant by that and not by operation.
  package var method: String?
  package var place: CloudPlace
  /// The full name of what it touches, with `*` where a part is not known beforehand.
  package var resource: String

  package init(
    _ service: String, _ operation: String, method: String? = nil, at place: CloudPlace,
    on resource: String
  ) {
    self.service = service
    self.operation = operation
    self.method = method
    self.place = place
    self.resource = resource
  }
}
