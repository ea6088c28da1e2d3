import Harness
import Testing

@testable import AWS

@Suite("Deletion policies of templates", .waiting)
struct DeletionPoliciesTests {
  @Test("JSON and YAML say the same")
  func readsBoth() {
    let json = DeletionPolicies(
      """
      {"Resources": {"Kept": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
       "Gone": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"}, "Plain": {"Type": "X"}}}
      """)
    let yaml = DeletionPolicies(
      """
      AWSTemplateFormatVersion: "2010-09-09"
      Parameters:
        Kept: # not a resource
          Type: String
      Resources:
        # a comment
        Kept:
          Type: AWS::S3::Bucket
          DeletionPolicy: 'Retain'  # for good
          Properties:
            BucketName: x
        Gone:
          Type: AWS::S3::Bucket
          Properties:
            Nested:
              DeletionPolicy: Retain
          DeletionPolicy: Delete
        Plain:
          Type: X
      Outputs:
        Other:
          Value: y
      """)
    for policies in [json, yaml] {
      #expect(policies.keeps("Kept") == true)
      #expect(policies.keeps("Gone") == false)
      #expect(policies.keeps("Plain") == false)
      #expect(policies.keeps("Other") == nil)
    }
  }

  @Test("what cannot be read is not taken for a no")
  func saysUnknown() {
    #expect(DeletionPolicies("{ broken").keeps("A") == nil)
    #expect(DeletionPolicies("Resources: {A: {Type: X}}").keeps("A") == nil)
  }
}
