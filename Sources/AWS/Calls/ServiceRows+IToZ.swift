extension ServiceRows {
  /// The services from i to z, as the columns of ``ServiceRows`` say.
  static let iToZ = """
    iam - - query 2010-05-08 global
    iam-toolbox - iam rest-json
    identitystore - - json 1.1 AWSIdentityStore
    imagebuilder - - rest-json
    importexport - - query 2010-06-01 global
    inspector - - json 1.1 InspectorService
    inspector-scan - - rest-json
    inspector2 - - rest-json
    interconnect - - json 1.0 Interconnect
    internetmonitor - - rest-json
    invoicing - - json 1.0 Invoicing
    iot - - rest-json
    iot-data data-ats.iot iotdata rest-json
    iot-jobs-data data.jobs.iot iot-jobs-data rest-json
    iot-managed-integrations api.iotmanagedintegrations iotmanagedintegrations rest-json
    iotdeviceadvisor api.iotdeviceadvisor iotdeviceadvisor rest-json
    iotfleetwise - - json 1.0 IoTAutobahnControlPlane
    iotsecuretunneling api.tunneling.iot IoTSecuredTunneling json 1.1 IoTSecuredTunneling
    iotsitewise - - rest-json
    iotthingsgraph - - json 1.1 IotThingsGraphFrontEndService
    iottwinmaker - - rest-json
    iotwireless api.iotwireless iotwireless rest-json
    ivs - - rest-json
    ivs-realtime ivsrealtime ivs rest-json
    ivschat - - rest-json
    kafka - - rest-json
    kafkaconnect - - rest-json
    kendra - - json 1.1 AWSKendraFrontendService
    kendra-ranking - - json 1.0 AWSKendraRerankingFrontendService
    keyspaces cassandra - json 1.0 KeyspacesService
    keyspacesstreams cassandra-streams cassandra json 1.0 KeyspacesStreams
    kinesis - - json 1.1 Kinesis_20131202
    kinesis-video-archived-media kinesisvideo - rest-json
    kinesis-video-media kinesisvideo - rest-json
    kinesis-video-signaling kinesisvideo - rest-json
    kinesis-video-webrtc-storage kinesisvideo - rest-json
    kinesisanalytics - - json 1.1 KinesisAnalytics_20150814
    kinesisanalyticsv2 kinesisanalytics - json 1.1 KinesisAnalytics_20180523
    kinesisvideo - - rest-json
    kms - - json 1.1 TrentService
    lakeformation - - rest-json
    lambda - - rest-json
    lambda-core lambda - rest-json
    lambda-microvms lambda - rest-json
    lambda-web lambda - rest-json
    launch-wizard launchwizard - rest-json
    lex-models models.lex lex rest-json
    lex-runtime runtime.lex lex rest-json
    lexv2-models models-v2-lex lex rest-json
    lexv2-runtime runtime-v2-lex lex rest-json
    license-manager - - json 1.1 AWSLicenseManager
    license-manager-linux-subscriptions - - rest-json
    license-manager-user-subscriptions - - rest-json
    lightsail - - json 1.1 Lightsail_20161128
    location geo - rest-json
    logs - - json 1.1 Logs_20140328
    lookoutequipment - - json 1.0 AWSLookoutEquipmentFrontendService
    m2 - - rest-json
    machinelearning - - json 1.1 AmazonML_20141212
    macie2 - - rest-json
    mailmanager mail-manager ses json 1.0 MailManagerSvc
    managedblockchain - - rest-json
    managedblockchain-query - - rest-json
    marketplace-agreement agreement-marketplace aws-marketplace json 1.0 \
    AWSMPCommerceService_v20200301
    marketplace-catalog catalog.marketplace aws-marketplace rest-json
    marketplace-deployment deployment-marketplace aws-marketplace rest-json
    marketplace-discovery discovery-marketplace aws-marketplace rest-json
    marketplace-entitlement entitlement.marketplace aws-marketplace json 1.1 \
    AWSMPEntitlementService
    marketplace-reporting reporting-marketplace aws-marketplace rest-json
    marketplacecommerceanalytics - - json 1.1 MarketplaceCommerceAnalytics20150701
    mediaconnect - - rest-json
    mediaconvert - - rest-json
    medialive - - rest-json
    mediapackage - - rest-json
    mediapackage-vod - - rest-json
    mediapackagev2 - - rest-json
    mediastore - - json 1.1 MediaStore_20170901
    mediastore-data data.mediastore mediastore rest-json
    mediatailor api.mediatailor mediatailor rest-json
    medical-imaging - - rest-json
    memorydb memory-db memorydb json 1.1 AmazonMemoryDB
    meteringmarketplace metering.marketplace aws-marketplace json 1.1 AWSMPMeteringService
    mgh - - json 1.1 AWSMigrationHub
    mgn - - rest-json
    migration-hub-refactor-spaces refactor-spaces - rest-json
    migrationhub-config - mgh json 1.1 AWSMigrationHubMultiAccountService
    migrationhuborchestrator migrationhub-orchestrator - rest-json
    migrationhubstrategy migrationhub-strategy - rest-json
    mpa - - rest-json
    mq - - rest-json
    mturk mturk-requester - json 1.1 MTurkRequesterServiceV20170117
    mwaa airflow - rest-json
    mwaa-serverless airflow-serverless - json 1.0 AmazonMWAAServerless
    neptune rds - query 2014-10-31
    neptune-graph - - rest-json
    neptunedata neptune-db - rest-json
    network-firewall - - json 1.0 NetworkFirewall_20201112
    network-security-manager - - rest-json
    networkflowmonitor - - rest-json
    networkmanager - - rest-json home:us-west-2
    networkmonitor - - rest-json
    notifications - - rest-json
    notificationscontacts notifications-contacts - rest-json home:us-east-1
    nova-act - - rest-json
    oam - - rest-json
    observabilityadmin - - rest-json
    odb - - json 1.0 Odb
    omics - - rest-json
    opensearch es - rest-json
    opensearchmemory osm - json 1.0 OpenSearchMemory
    opensearchserverless aoss - json 1.0 OpenSearchServerless
    organizations - - json 1.1 AWSOrganizationsV20161128 home:us-east-1
    osis - - rest-json
    outposts - - rest-json
    partnercentral-account - - json 1.0 PartnerCentralAccount
    partnercentral-benefits - - json 1.0 PartnerCentralBenefitsService
    partnercentral-channel - - json 1.0 PartnerCentralChannel
    partnercentral-selling - - json 1.0 AWSPartnerCentralSelling
    payment-cryptography controlplane.payment-cryptography payment-cryptography json 1.0 \
    PaymentCryptographyControlPlane
    payment-cryptography-data dataplane.payment-cryptography payment-cryptography rest-json
    pca-connector-ad - - rest-json
    pca-connector-scep - - rest-json
    pcs - - json 1.0 AWSParallelComputingService
    personalize - - json 1.1 AmazonPersonalize
    personalize-events - personalize rest-json
    personalize-runtime - personalize rest-json
    pi - - json 1.1 PerformanceInsightsv20180227
    pinpoint - mobiletargeting rest-json
    pinpoint-email email ses rest-json
    pinpoint-sms-voice sms-voice.pinpoint sms-voice rest-json
    pinpoint-sms-voice-v2 sms-voice - json 1.0 PinpointSMSVoiceV2
    pipes - - rest-json
    polly - - rest-json
    pricing api.pricing pricing json 1.1 AWSPriceListService
    pricing-plan-manager pricingplanmanager - rest-json
    proton - - json 1.0 AwsProton20200720
    qapps data.qapps qapps rest-json
    qbusiness - - rest-json
    qconnect wisdom - rest-json
    quicksight - - rest-json
    ram - - rest-json
    rbin - - rest-json
    rds - - query 2014-10-31
    rds-data - - rest-json
    redshift - - query 2012-12-01
    redshift-data - - json 1.1 RedshiftData
    redshift-serverless - - json 1.1 RedshiftServerless
    rekognition - - json 1.1 RekognitionService
    repostspace - - rest-json
    resiliencehub - - rest-json
    resiliencehubv2 resiliencehub - rest-json
    resource-explorer-2 - - rest-json
    resource-groups - - rest-json
    resourcegroupstaggingapi tagging - json 1.1 ResourceGroupsTaggingAPI_20170126
    rolesanywhere - - rest-json
    route53 - - rest-xml global
    route53-recovery-cluster - - json 1.0 ToggleCustomerAPI
    route53-recovery-control-config - - rest-json
    route53-recovery-readiness - - rest-json
    route53domains - - json 1.1 Route53Domains_v20140515
    route53globalresolver - - rest-json
    route53profiles - - rest-json
    route53resolver - - json 1.1 Route53Resolver
    rtbfabric - - rest-json
    rum - - rest-json
    s3 - - rest-xml
    s3control s3-control s3 rest-xml
    s3files - - rest-json
    s3outposts s3-outposts - rest-json
    s3tables - - rest-json
    s3vectors - - rest-json
    sagemaker api.sagemaker sagemaker json 1.1 SageMaker
    sagemaker-a2i-runtime a2i-runtime.sagemaker sagemaker rest-json
    sagemaker-edge edge.sagemaker sagemaker rest-json
    sagemaker-featurestore-runtime featurestore-runtime.sagemaker sagemaker rest-json
    sagemaker-geospatial - - rest-json
    sagemaker-inference-router-runtime inferencerouter-runtime.sagemaker sagemaker rest-json
    sagemaker-metrics metrics.sagemaker sagemaker rest-json
    sagemaker-runtime runtime.sagemaker sagemaker rest-json
    sagemakerjobruntime job-runtime.sagemaker sagemaker rest-json
    sagemakertrainingsessionruntime training-session-runtime.sagemaker sagemaker rest-json
    savingsplans - - rest-json global
    scheduler - - rest-json
    schemas - - rest-json
    sdb - - query 2009-04-15
    secretsmanager - - json 1.1 secretsmanager
    security-ir - - rest-json
    securityagent - - rest-json
    securityhub - - rest-json
    securitylake - - rest-json
    serverlessrepo - - rest-json
    service-quotas servicequotas - json 1.1 ServiceQuotasV20190624
    servicecatalog - - json 1.1 AWS242ServiceCatalogService
    servicecatalog-appregistry - servicecatalog rest-json
    servicediscovery - - json 1.1 Route53AutoNaming_v20170314
    ses email ses query 2010-12-01
    sesv2 email ses rest-json
    shield - - json 1.1 AWSShield_20160616 home:us-east-1
    signer - - rest-json
    signer-data data-signer signer rest-json
    signin - - rest-json
    simpledbv2 sdb - rest-json
    sms-voice sms-voice.pinpoint sms-voice rest-json
    snow-device-management - - rest-json
    snowball - - json 1.1 AWSIESnowballJobManagementService
    sns - - query 2010-03-31
    socialmessaging social-messaging - rest-json
    sqs - - json 1.0 AmazonSQS
    ssm - - json 1.1 AmazonSSM
    ssm-contacts - - json 1.1 SSMContacts
    ssm-guiconnect - - rest-json
    ssm-incidents - - rest-json
    ssm-quicksetup - - rest-json
    ssm-sap - - rest-json
    sso portal.sso awsssoportal rest-json
    sso-admin sso - json 1.1 SWBExternalService
    sso-oidc oidc sso-oauth rest-json
    stepfunctions states - json 1.0 AWSStepFunctions
    storagegateway - - json 1.1 StorageGateway_20130630
    sts - - query 2011-06-15
    supplychain scn - rest-json
    support - - json 1.1 AWSSupport_20130415
    support-app supportapp - rest-json
    supportauthz - - rest-json
    sustainability - - rest-json
    swf - - json 1.0 SimpleWorkflowService
    synthetics - - rest-json
    taxsettings tax - rest-json home:us-east-1
    textract - - json 1.1 Textract
    timestream-influxdb - - json 1.0 AmazonTimestreamInfluxDB
    timestream-query query.timestream timestream json 1.0 Timestream_20181101
    timestream-write ingest.timestream timestream json 1.0 Timestream_20181101
    transcribe - - json 1.1 Transcribe
    transfer - - json 1.1 TransferService
    translate - - json 1.1 AWSShineFrontendService_20170701
    trustedadvisor - - rest-json
    uxc - - rest-json
    verifiedpermissions - - json 1.0 VerifiedPermissions
    voice-id voiceid - json 1.0 VoiceID
    vpc-lattice - - rest-json
    waf - - json 1.1 AWSWAF_20150824 global
    waf-regional - - json 1.1 AWSWAF_Regional_20161128
    wafv2 - - json 1.1 AWSWAF_20190729
    wellarchitected - - rest-json
    wickr admin.wickr wickr rest-json
    wisdom - - rest-json
    workdocs - - rest-json
    workmail - - json 1.1 WorkMailService
    workmailmessageflow - - rest-json
    workspaces - - json 1.1 WorkspacesService
    workspaces-instances - - json 1.0 EUCMIFrontendAPIService
    workspaces-thin-client thinclient - rest-json
    workspaces-web - - rest-json
    xray - - rest-json
    """
}
