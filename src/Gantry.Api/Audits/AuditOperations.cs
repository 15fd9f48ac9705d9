namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Changes, and who made them.</summary>
    public static class Audits
    {
        public static Operation<NoBody, ItemList<AuditView>> List { get; } =
            new("v1AuditsList", "GET /v1/audits", Permissions.Audit.List)
            {
                Tag = "Audits",
                Summary = "List changes, newest first.",
                Query =
                [
                    .. QueryParameters.List,
                    QueryParameters.ResourceKind,
                    QueryParameters.ResourceUid,
                    QueryParameters.ActionType,
                    QueryParameters.UserUid,
                    QueryParameters.ProjectUid,
                    QueryParameters.StartTime,
                    QueryParameters.EndTime,
                ],
            };

        public static Operation<NoBody, AuditView> Get { get; } =
            new("v1AuditsUidGet", "GET /v1/audits/{uid}", Permissions.Audit.Get) { Tag = "Audits", Summary = "Read one change." };
    }
}
