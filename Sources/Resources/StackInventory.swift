/// A stack that can list what it owns by the names that its template gives.
package protocol StackInventory: StackDeployer {
  /// Everything, through nested stacks; nil only when the stack surely does not exist.
  func contents() async throws(Failure) -> StackContents?
}

package struct StackContents: Sendable, Hashable, Codable {
  package var resources: [StackResource]
  package var outputs: [StackOutput]

  package init(resources: [StackResource], outputs: [StackOutput]) {
    self.resources = resources
    self.outputs = outputs
  }
}

package struct StackResource: Sendable, Hashable, Codable {
  /// The logical ids of the nested stacks that lead to it, outermost first.
  package var path: [String]
  package var logicalID: String
  /// Nil for what was never made.
  package var physicalID: String?
  package var type: String

  package init(path: [String], logicalID: String, physicalID: String?, type: String) {
    self.path = path
    self.logicalID = logicalID
    self.physicalID = physicalID
    self.type = type
  }

  /// As messages and allowances name it: `Storage/AssetTable`.
  package var name: String { (path + [logicalID]).joined(separator: "/") }

  /// Whether a person's word means this resource: its logical id, the same with the nested stacks
  /// before it, or the id of the construct that it was made from.
  package func isCalled(_ word: String) -> Bool {
    word.utf8.elementsEqual(logicalID.utf8) || word.utf8.elementsEqual(name.utf8)
      || Self.isLogicalID(logicalID, of: word)
  }

  private static let hashDigits = 8

  /// Whether a logical id is a construct's id with exactly eight hexadecimal digits behind it.
  ///
  /// So `AssetVersionsStorageTable` does not mean the table of `AssetVersionsStorageTableV2`.
  /// Construct ids lose all but letters and digits in logical ids.
  package static func isLogicalID(_ logicalID: String, of construct: String) -> Bool {
    let wanted = construct.utf8.filter(isAlphanumeric)
    let found = Array(logicalID.utf8)
    guard !wanted.isEmpty, found.count == wanted.count + hashDigits, found.starts(with: wanted)
    else { return false }
    return found.suffix(hashDigits).allSatisfy { (48...57).contains($0) || (65...70).contains($0) }
  }

  package static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
}

package struct StackOutput: Sendable, Hashable, Codable {
  package var path: [String]
  package var key: String
  package var value: String

  package init(path: [String], key: String, value: String) {
    self.path = path
    self.key = key
    self.value = value
  }
}
