namespace Gantry.Api;

/// <summary>The query parameters of the public API.</summary>
public static class QueryParameters
{
    public static QueryParameter<int> Limit { get; } = new("limit", "Items of a page, at most 50; 0 asks for everything.");

    public static QueryParameter<string> Continue { get; } =
        new("continue", "Where to continue: listmeta.continue of the previous page.");

    public static QueryParameter<int> Offset { get; } = new("offset", "Items to leave out at the beginning.");

    public static QueryParameter<string> Filters { get; } =
        new("filters", "Conditions such as metadata.name=demo or spec.version_in_1,2, joined by AND or OR without spaces.");

    public static QueryParameter<string> OrderBy { get; } =
        new("orderBy", "Fields to sort by, each as field=1 or field=-1 for descending, separated by commas.");

    /// <summary>Parameters of a list with pages.</summary>
    public static IReadOnlyList<QueryParameter> Page { get; } = [Limit, Continue, Offset];

    /// <summary>Parameters of a list with pages that is filtered and sorted as well.</summary>
    public static IReadOnlyList<QueryParameter> List { get; } = [.. Page, Filters, OrderBy];

    public static QueryParameter<long> Generation { get; } =
        new("generation", "The generation of the cluster that was read; the change is refused when the cluster has another one.");

    public static QueryParameter<DateTimeOffset> LastModifiedTimestamp { get; } =
        new(
            "lastModifiedTimestamp",
            "The time of the profile that was read; the change is refused when the profile has another one."
        );

    public static QueryParameter<bool> ResolveNotification { get; } =
        new("resolveNotification", "Accepted for clients of Palette; there are no notifications to resolve.");

    public static QueryParameter<bool> ForceDelete { get; } =
        new("forceDelete", "Give up what cannot be given back; possible 15 minutes after the deletion was requested.");

    public static QueryParameter<bool> Drain { get; } =
        new("drain", "Evict the pods of every node before its machine is given back.");

    public static QueryParameter<int> Count { get; } = new("count", "Number of further clusters, 1 to 1000; 1 when left out.");

    public static QueryParameter<string> RepaveHash { get; } =
        new("hash", "The repave that was read; the approval is refused when another one waits.");

    public static QueryParameter<string> RepaveState { get; } =
        new("repaveState", "State of the repaves to list; Pending when left out.")
        {
            Allowed = Vocabulary.Of(typeof(RepaveStates)),
        };

    public static QueryParameter<string> Via { get; } =
        new("via", "Which API server the kubeconfig names; the cluster's endpoint when left out.")
        {
            Allowed = Vocabulary.Of(typeof(KubeconfigVia)),
        };

    public static QueryParameter<int> Duration { get; } =
        new(
            "duration",
            "Seconds for which a kubeconfig of its own is valid, at most as long as the gateway allows; without it, the caller's kubeconfig "
                + "of a day."
        );

    public static QueryParameter<string> ClusterName { get; } = new("name", "Name of the cluster.");

    public static QueryParameter<bool> DryRun { get; } = new("dryRun", "Answer what would be done, and do nothing.");

    public static QueryParameter<bool> Prune { get; } = new("prune", "Remove pools that the document lacks.");

    public static QueryParameter<string> OfClusterName { get; } = new("name", "Only the cluster of this name.");

    public static QueryParameter<bool> Publish { get; } = new("publish", "Publish the profile at once.");

    public static QueryParameter<string> ProfileName { get; } = new("name", "Name of the profile.");

    public static QueryParameter<string> ProfileVersion { get; } = new("version", "Version of the profile.");

    public static QueryParameter<string> OfProfileName { get; } = new("name", "Only profiles of this name, in all versions.");

    public static QueryParameter<string> ProjectName { get; } = new("name", "Only the project of this name.");

    public static QueryParameter<string> GatewayName { get; } = new("name", "Only the gateway of this name.");

    public static QueryParameter<string> NewGatewayName { get; } = new("name", "Name that the gateway gets when it pairs.");

    public static QueryParameter<string> CloudType { get; } =
        new("cloudType", "Kind of cloud.") { Allowed = Vocabulary.Of(typeof(CloudTypes)) };

    public static QueryParameter<string> Environment { get; } =
        new("environment", "Only accounts of this kind of cloud; all of them are maas.");

    public static QueryParameter<string> CloudAccountUid { get; } =
        new("cloudAccountUid", "Uid of the cloud account whose region is asked.");

    public static QueryParameter<string> OverlordUid { get; } =
        new("overlordUid", "Uid of the gateway that checks; the only one when left out.");

    public static QueryParameter<bool> Commission { get; } = new("commission", "Commission the machine first.");

    public static QueryParameter<bool> Quarantine { get; } =
        new("quarantine", "Put the machine into quarantine first, so that no cluster takes it again.");

    public static QueryParameter<bool> SetCookie { get; } =
        new("setCookie", "Whether the session token is set as a cookie as well; true when left out.");

    public static QueryParameter<string> RegistryScope { get; } =
        new(
            "scope",
            "Only registries of this scope; all of them are of the scope system, and every scope but tenant shows them."
        );

    public static QueryParameter<string> ResourceKind { get; } = new("resourceKind", "Only changes of objects of this kind.");

    public static QueryParameter<string> ResourceUid { get; } = new("resourceUid", "Only changes of this object.");

    public static QueryParameter<string> ActionType { get; } = new("actionType", "Only changes of this kind, such as create.");

    public static QueryParameter<DateTimeOffset> StartTime { get; } = new("startTime", "Only changes at this time or later.");

    public static QueryParameter<DateTimeOffset> EndTime { get; } = new("endTime", "Only changes at this time or earlier.");

    public static QueryParameter<bool> CleanupProjectResources { get; } =
        new("cleanupProjectResources", "Accepted for a project that is empty; nothing is deleted with a project.");

    public static QueryParameter<string> UserUid { get; } = new("userUid", "Only changes by this user.");

    public static QueryParameter<string> ProjectUid { get; } = new("projectUid", "Only changes in this project.");
}
