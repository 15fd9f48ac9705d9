namespace Gantry.Clusters.Planning;

/// <summary>The stable reasons of conditions, blockers and pending entries.</summary>
public static class Reasons
{
    public const string AccountUnknown = "AccountUnknown";
    public const string CredentialsRejected = "CredentialsRejected";
    public const string MaasUnreachable = "MaasUnreachable";
    public const string MaasRefused = "MaasRefused";

    /// <summary>MAAS has not answered a call for one machine yet.</summary>
    public const string AwaitingMaas = "AwaitingMaas";

    public const string TooFewMachines = "TooFewMachines";
    public const string NoMachineFits = "NoMachineFits";
    public const string WaitsForTurn = "WaitsForTurn";
    public const string ImageMissing = "ImageMissing";
    public const string MachineLocked = "MachineLocked";
    public const string MachineOutOfService = "MachineOutOfService";
    public const string InstallationFails = "InstallationFails";
    public const string PackagesUnavailable = "PackagesUnavailable";
    public const string DeployFailed = "DeployFailed";
    public const string AddressUnavailable = "AddressUnavailable";
    public const string AddressTaken = "AddressTaken";
    public const string DnsRecordTaken = "DnsRecordTaken";
    public const string DnsNeedsAdministrator = "DnsNeedsAdministrator";
    public const string DomainMissing = "DomainMissing";
    public const string SubnetMissing = "SubnetMissing";
    public const string ApiNotReachable = "ApiNotReachable";
    public const string EndpointUnreached = "EndpointUnreached";
    public const string JoinTimedOut = "JoinTimedOut";
    public const string ScriptFailed = "ScriptFailed";
    public const string AddonsFailed = "AddonsFailed";
    public const string DrainBlocked = "DrainBlocked";
    public const string DrainCut = "DrainCut";
    public const string NetworkMissing = "NetworkMissing";
    public const string NodeNotReady = "NodeNotReady";
    public const string UnsupportedChange = "UnsupportedChange";
    public const string SpecInvalid = "SpecInvalid";
    public const string Observing = "Observing";
    public const string Deploying = "Deploying";
    public const string Initializing = "Initializing";
    public const string Joining = "Joining";
    public const string Releasing = "Releasing";
    public const string ReleaseFailed = "ReleaseFailed";
    public const string VersionSkipped = "VersionSkipped";
    public const string EtcdTooOld = "EtcdTooOld";
    public const string OtherVersionInstalled = "OtherVersionInstalled";
    public const string DowngradeRefused = "DowngradeRefused";
    public const string NoSpareMachine = "NoSpareMachine";
    public const string QuorumAtRisk = "QuorumAtRisk";
    public const string ApiRefused = "ApiRefused";
    public const string ControlPlaneLost = "ControlPlaneLost";
    public const string EtcdUnhealthy = "EtcdUnhealthy";
    public const string EtcdAlarm = "EtcdAlarm";
    public const string EtcdMemberMissing = "EtcdMemberMissing";
    public const string Upgrading = "Upgrading";
    public const string Rolling = "Rolling";
    public const string RepaveNeedsApproval = "RepaveNeedsApproval";
    public const string NodeSilent = "NodeSilent";
    public const string PowerUnknown = "PowerUnknown";
    public const string RepairBudgetSpent = "RepairBudgetSpent";
    public const string Drift = "Drift";
    public const string Internal = "InternalError";
    public const string RecordUnreadable = "RecordUnreadable";
    public const string OtherMaasUser = "OtherMaasUser";
    public const string LedgerOutdated = "LedgerOutdated";
}
