namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>What gateways report.</summary>
    public static class Events
    {
        public static Operation<NoBody, ItemList<EventView>> List { get; } =
            new("v1EventsComponentsList", "GET /v1/events/components", Permissions.Cluster.List)
            {
                Tag = "Events",
                Summary = "List events of all clusters, newest first.",
                Query = QueryParameters.List,
            };

        public static Operation<NoBody, ItemList<EventView>> ListOf { get; } =
            new("v1EventsComponentsObjTypeUidList", "GET /v1/events/components/{objectKind}/{objectUid}", Permissions.Cluster.Get)
            {
                Tag = "Events",
                Summary = "List events of one cluster, newest first.",
                Query = QueryParameters.List,
            };
    }
}
