namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>MAAS regions and their keys.</summary>
    public static class CloudAccounts
    {
        public static Operation<NoBody, ItemList<MaasAccountView>> List { get; } =
            new("v1CloudAccountsMaasList", "GET /v1/cloudaccounts/maas", Permissions.CloudAccount.List)
            {
                Tag = "Cloud accounts",
                Summary = "List cloud accounts.",
                Query = QueryParameters.List,
            };

        public static Operation<MaasAccountEntity, UidAnswer> Create { get; } =
            new("v1CloudAccountsMaasCreate", "POST /v1/cloudaccounts/maas", Permissions.CloudAccount.Create)
            {
                Tag = "Cloud accounts",
                Summary = "Create a cloud account; its key is sealed to its gateway.",
                Status = 201,
            };

        public static Operation<NoBody, MaasAccountView> Get { get; } =
            new("v1CloudAccountsMaasGet", "GET /v1/cloudaccounts/maas/{uid}", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "Read a cloud account without its key.",
            };

        public static Operation<MaasAccountEntity, NoBody> Update { get; } =
            new("v1CloudAccountsMaasUpdate", "PUT /v1/cloudaccounts/maas/{uid}", Permissions.CloudAccount.Update)
            {
                Tag = "Cloud accounts",
                Summary = "Change a cloud account.",
            };

        public static Operation<IReadOnlyList<HttpPatch>, NoBody> Patch { get; } =
            new("v1CloudAccountsMaasPatch", "PATCH /v1/cloudaccounts/maas/{uid}", Permissions.CloudAccount.Update)
            {
                Tag = "Cloud accounts",
                Summary = "Change single fields of a cloud account by a JSON patch.",
            };

        public static Operation<NoBody, NoBody> Delete { get; } =
            new("v1CloudAccountsMaasDelete", "DELETE /v1/cloudaccounts/maas/{uid}", Permissions.CloudAccount.Delete)
            {
                Tag = "Cloud accounts",
                Summary = "Delete a cloud account without clusters.",
            };

        public static Operation<NoBody, ItemList<AccountSummary>> ListSummary { get; } =
            new("v1CloudAccountsListSummary", "GET /v1/cloudaccounts/summary", Permissions.CloudAccount.List)
            {
                Tag = "Cloud accounts",
                Summary = "List cloud accounts in short.",
                Query = QueryParameters.List,
            };

        public static Operation<NoBody, ItemList<AccountMetadata>> ListMetadata { get; } =
            new("v1DashboardCloudAccountsMetadata", "GET /v1/dashboard/cloudaccounts/metadata", Permissions.CloudAccount.List)
            {
                Tag = "Cloud accounts",
                Summary = "List metadata of cloud accounts.",
                Query = [.. QueryParameters.List, QueryParameters.Environment],
            };

        public static Operation<MaasAccountValidation, NoBody> ValidateOnGateway { get; } =
            new(
                "v1OverlordsUidMaasAccountValidate",
                "POST /v1/overlords/maas/{uid}/account/validate",
                Permissions.CloudAccount.Create
            )
            {
                Tag = "Cloud accounts",
                Summary = "Check whether a gateway reaches a MAAS region with a key.",
            };

        public static Operation<MaasCloudAccount, NoBody> Validate { get; } =
            new("V1MaasAccountValidate", "POST /v1/clouds/maas/account/validate", Permissions.CloudAccount.Create)
            {
                Tag = "Cloud accounts",
                Summary = "Check whether the gateway in the query reaches a MAAS region with a key.",
                Query = [QueryParameters.OverlordUid],
            };

        public static Operation<NoBody, ItemList<QuarantinedMachine>> ListQuarantine { get; } =
            new("QuarantinedMachines", "GET /v1/cloudaccounts/maas/{uid}/quarantine", Permissions.Machine.List)
            {
                Tag = "Cloud accounts",
                Summary = "List machines that failed and are not selected, with evidence. The gateway answers.",
            };

        public static Operation<QuarantineInput, QuarantinedMachine> AddQuarantine { get; } =
            new("QuarantineMachine", "PUT /v1/cloudaccounts/maas/{uid}/quarantine/{systemId}", Permissions.Machine.Update)
            {
                Tag = "Cloud accounts",
                Summary = "Keep a machine, by system id or host name, from being selected. A cluster that has it keeps it.",
            };

        public static Operation<NoBody, NoBody> ClearQuarantine { get; } =
            new(
                "ClearQuarantinedMachine",
                "DELETE /v1/cloudaccounts/maas/{uid}/quarantine/{systemId}",
                Permissions.Machine.Update
            )
            {
                Tag = "Cloud accounts",
                Summary = "Allow a quarantined machine to be selected again.",
                Query = [QueryParameters.Commission],
            };

        public static Operation<NoBody, ItemList<Described>> AzsOfAccount { get; } =
            new("v1MaasAccountsUidAzs", "GET /v1/cloudaccounts/maas/{uid}/properties/azs", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List zones of the MAAS region of a cloud account. The gateway answers.",
            };

        public static Operation<NoBody, ItemList<Described>> ZonesOfCloud { get; } =
            new("V1MaasZonesGet", "GET /v1/clouds/maas/azs", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List zones of the MAAS region of the cloud account in the query. The gateway answers.",
                Query = [QueryParameters.CloudAccountUid],
            };

        public static Operation<NoBody, ItemList<MaasDomain>> DomainsOfAccount { get; } =
            new("v1MaasAccountsUidDomains", "GET /v1/cloudaccounts/maas/{uid}/properties/domains", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List domains of the MAAS region of a cloud account. The gateway answers.",
            };

        public static Operation<NoBody, ItemList<MaasDomain>> DomainsOfCloud { get; } =
            new("V1MaasDomainsGet", "GET /v1/clouds/maas/domains", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List domains of the MAAS region of the cloud account in the query. The gateway answers.",
                Query = [QueryParameters.CloudAccountUid],
            };

        public static Operation<NoBody, ItemList<Described>> PoolsOfAccount { get; } =
            new(
                "v1MaasAccountsUidPools",
                "GET /v1/cloudaccounts/maas/{uid}/properties/resourcePools",
                Permissions.CloudAccount.Get
            )
            {
                Tag = "Cloud accounts",
                Summary = "List resource pools of the MAAS region of a cloud account. The gateway answers.",
            };

        public static Operation<NoBody, ItemList<Described>> PoolsOfCloud { get; } =
            new("V1MaasPoolsGet", "GET /v1/clouds/maas/resourcePools", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List resource pools of the MAAS region of the cloud account in the query. The gateway answers.",
                Query = [QueryParameters.CloudAccountUid],
            };

        public static Operation<NoBody, ItemList<MaasSubnet>> SubnetsOfAccount { get; } =
            new("v1MaasAccountsUidSubnets", "GET /v1/cloudaccounts/maas/{uid}/properties/subnets", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List subnets of the MAAS region of a cloud account. The gateway answers.",
            };

        public static Operation<NoBody, ItemList<MaasSubnet>> SubnetsOfCloud { get; } =
            new("V1MaasSubnetsGet", "GET /v1/clouds/maas/subnets", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List subnets of the MAAS region of the cloud account in the query. The gateway answers.",
                Query = [QueryParameters.CloudAccountUid],
            };

        public static Operation<NoBody, ItemList<MaasTag>> TagsOfAccount { get; } =
            new("v1MaasAccountsUidTags", "GET /v1/cloudaccounts/maas/{uid}/properties/tags", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List tags of the MAAS region of a cloud account. The gateway answers.",
            };

        public static Operation<NoBody, ItemList<MaasTag>> TagsOfCloud { get; } =
            new("V1MaasTagsGet", "GET /v1/clouds/maas/tags", Permissions.CloudAccount.Get)
            {
                Tag = "Cloud accounts",
                Summary = "List tags of the MAAS region of the cloud account in the query. The gateway answers.",
                Query = [QueryParameters.CloudAccountUid],
            };
    }
}
