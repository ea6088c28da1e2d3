extension ServiceRows {
  /// The services from a to h, as the columns of ``ServiceRows`` say.
  static let aToH = """
    accessanalyzer access-analyzer - rest-json
    account - - rest-json home:us-east-1
    account-access - - rest-json
    account-access-runtime - account-access rest-json
    acm - - json 1.1 CertificateManager
    acm-pca - - json 1.1 ACMPrivateCA
    agent-registry - - rest-json
    agent-registry-control - agent-registry rest-json
    aiops - - rest-json
    amp aps - rest-json
    amplify - - rest-json
    amplifybackend - - rest-json
    amplifyuibuilder - - rest-json
    apigateway - - rest-json
    apigatewaymanagementapi execute-api - rest-json
    apigatewayv2 apigateway - rest-json
    appconfig - - rest-json
    appconfigdata - appconfig rest-json
    appfabric - - rest-json
    appflow - - rest-json
    appintegrations app-integrations - rest-json
    application-autoscaling - - json 1.1 AnyScaleFrontendService
    application-insights applicationinsights - json 1.1 EC2WindowsBarleyService
    application-signals - - rest-json
    applicationcostprofiler application-cost-profiler - rest-json
    appmesh - - rest-json
    apprunner - - json 1.0 AppRunner
    appstream appstream2 appstream json 1.1 PhotonAdminProxyService
    appsync - - rest-json
    arc-region-switch - - json 1.0 ArcRegionSwitch
    arc-zonal-shift - - rest-json
    artifact - - rest-json
    athena - - json 1.1 AmazonAthena
    auditmanager - - rest-json
    autoscaling - - query 2011-01-01
    autoscaling-plans - - json 1.1 AnyScaleScalingPlannerFrontendService
    b2bi - - json 1.0 B2BI
    backup - - rest-json
    backup-gateway - - json 1.0 BackupOnPremises_v20210101
    backupsearch backup-search - rest-json
    batch - - rest-json
    bcm-dashboards - - json 1.0 AWSBCMDashboardsService
    bcm-data-exports - - json 1.1 AWSBillingAndCostManagementDataExports
    bcm-pricing-calculator - - json 1.0 AWSBCMPricingCalculator
    bcm-recommended-actions - - json 1.0 AWSBillingAndCostManagementRecommendedActions
    bedrock - - rest-json
    bedrock-agent - bedrock rest-json
    bedrock-agent-runtime - bedrock rest-json
    bedrock-agentcore - - rest-json
    bedrock-agentcore-control - bedrock-agentcore rest-json
    bedrock-data-automation - bedrock rest-json
    bedrock-data-automation-runtime - bedrock json 1.1 AmazonBedrockKeystoneRuntimeService
    bedrock-runtime - bedrock rest-json
    billing - - json 1.0 AWSBilling
    billingconductor - - rest-json home:us-east-1
    braket - - rest-json
    budgets - - json 1.1 AWSBudgetServiceGateway global
    ce - - json 1.1 AWSInsightsIndexService home:us-east-1
    chatbot - - rest-json
    chime - - rest-json home:us-east-1
    chime-sdk-identity identity-chime chime rest-json
    chime-sdk-media-pipelines media-pipelines-chime chime rest-json
    chime-sdk-meetings meetings-chime chime rest-json
    chime-sdk-messaging messaging-chime chime rest-json
    chime-sdk-voice voice-chime chime rest-json
    cleanrooms - - rest-json
    cleanroomsml cleanrooms-ml - rest-json
    cloud9 - - json 1.1 AWSCloud9WorkspaceManagementService
    cloudcontrol cloudcontrolapi - json 1.0 CloudApiService
    clouddirectory - - rest-json
    cloudformation - - query 2010-05-15
    cloudfront - - rest-xml global
    cloudfront-keyvaluestore - - rest-json
    cloudhsm - - json 1.1 CloudHsmFrontendService
    cloudhsmv2 - cloudhsm json 1.1 BaldrApiService
    cloudsearch - - query 2013-01-01
    cloudsearchdomain - cloudsearch rest-json
    cloudtrail - - json 1.1 com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101
    cloudtrail-data - - rest-json
    cloudwatch monitoring - query 2010-08-01
    codeartifact - - rest-json
    codebuild - - json 1.1 CodeBuild_20161006
    codecatalyst - - rest-json
    codecommit - - json 1.1 CodeCommit_20150413
    codeconnections - - json 1.0 com.amazonaws.codeconnections.CodeConnections_20231201
    codedeploy - - json 1.1 CodeDeploy_20141006
    codeguru-reviewer - - rest-json
    codeguru-security - - rest-json
    codeguruprofiler codeguru-profiler - rest-json
    codepipeline - - json 1.1 CodePipeline_20150709
    codestar-connections - - json 1.0 \
    com.amazonaws.codestar.connections.CodeStar_connections_20191201
    codestar-notifications - - rest-json
    cognito-identity - - json 1.1 AWSCognitoIdentityService
    cognito-idp - - json 1.1 AWSCognitoIdentityProviderService
    cognito-sync - - rest-json
    comprehend - - json 1.1 Comprehend_20171127
    comprehendmedical - - json 1.1 ComprehendMedical_20181030
    compute-optimizer - - json 1.0 ComputeOptimizerService
    compute-optimizer-automation aco-automation - json 1.0 ComputeOptimizerAutomationService
    config - - json 1.1 StarlingDoveService
    connect - - rest-json
    connect-contact-lens contact-lens connect rest-json
    connectcampaigns connect-campaigns - rest-json
    connectcampaignsv2 connect-campaigns - rest-json
    connectcases cases - rest-json
    connecthealth health-agent - rest-json
    connectparticipant participant.connect execute-api rest-json
    connectscheduling connect - rest-json
    continuum - - rest-json
    controlcatalog - - rest-json
    controltower - - rest-json
    cost-optimization-hub - - json 1.0 CostOptimizationHubService
    cur - - json 1.1 AWSOrigamiServiceGatewayService
    customer-profiles profile - rest-json
    databrew - - rest-json
    dataexchange - - rest-json
    datapipeline - - json 1.1 DataPipeline
    datasync - - json 1.1 FmrsService
    datazone - - rest-json
    dax - - json 1.1 AmazonDAXV3
    deadline - - rest-json
    detective api.detective detective rest-json
    devicefarm - - json 1.1 DeviceFarm_20150623
    devops-agent aidevops - rest-json
    devops-guru - - rest-json
    directconnect - - json 1.1 OvertureService
    discovery - - json 1.1 AWSPoseidonService_V2015_11_01
    dlm - - rest-json
    dms - - json 1.1 AmazonDMSv20160101
    docdb rds - query 2014-10-31
    docdb-elastic - - rest-json
    drs - - rest-json
    ds - - json 1.1 DirectoryService_20150416
    ds-data - - rest-json
    dsql - - rest-json
    dynamodb - - json 1.0 DynamoDB_20120810
    dynamodbstreams streams.dynamodb dynamodb json 1.0 DynamoDBStreams_20120810
    ebs - - rest-json
    ec2 - - ec2 2016-11-15
    ec2-instance-connect - - json 1.1 AWSEC2InstanceConnectService
    ecr api.ecr ecr json 1.1 AmazonEC2ContainerRegistry_V20150921
    ecr-public api.ecr-public ecr-public json 1.1 SpencerFrontendService
    ecs - - json 1.1 AmazonEC2ContainerServiceV20141113
    efs elasticfilesystem - rest-json
    eks - - rest-json
    eks-auth - - rest-json
    elasticache - - query 2015-02-02
    elasticbeanstalk - - query 2010-12-01
    elb elasticloadbalancing - query 2012-06-01
    elbv2 elasticloadbalancing - query 2015-12-01
    elementalinference elemental-inference - rest-json
    emr elasticmapreduce - json 1.1 ElasticMapReduce
    emr-containers - - rest-json
    emr-serverless - - rest-json
    endusermessaging end-user-messaging - rest-json
    entityresolution - - rest-json
    es - - rest-json
    events - - json 1.1 AWSEvents
    evs - - json 1.0 AmazonElasticVMwareService
    firehose - - json 1.1 Firehose_20150804
    fis - - rest-json
    fms - - json 1.1 AWSFMS_20180101
    forecast - - json 1.1 AmazonForecast
    forecastquery - forecast json 1.1 AmazonForecastRuntime
    frauddetector - - json 1.1 AWSHawksNestServiceFacade
    freetier - - json 1.0 AWSFreeTierService
    fsx - - json 1.1 AWSSimbaAPIService_v20180301
    gamelift - - json 1.1 GameLift
    gameliftstreams - - rest-json
    geo-maps - - rest-json
    geo-places - - rest-json
    geo-routes - - rest-json
    glacier - - rest-json
    globalaccelerator - - json 1.1 GlobalAccelerator_V20180706 home:us-west-2
    glue - - json 1.1 AWSGlue
    grafana - - rest-json
    greengrass - - rest-json
    greengrassv2 greengrass - rest-json
    groundstation - - rest-json
    guardduty - - rest-json
    health - - json 1.1 AWSHealth_20160804 home:us-east-1
    healthlake - - json 1.0 HealthLake
    """
}
