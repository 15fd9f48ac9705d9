using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Gantry.Protocol;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.CloudAccounts;

/// <summary>What can be chosen in a MAAS region, and whether a key works: both are asked of the gateway.</summary>
public static class PropertyEndpoints
{
    public static void MapCloudProperties(this IEndpointRouteBuilder routes)
    {
        var properties = routes.MapGroup("/v1").WithTags("Cloud accounts");
        Map("azs", "Azs", "Zones", found => found.Zones.Select(zone => new Described(zone.Name, "")));
        Map("domains", "Domains", "Domains", found => found.Domains.Select(domain => new MaasDomain(domain.Name)));
        Map("resourcePools", "Pools", "Pools", found => found.ResourcePools.Select(pool => new Described(pool.Name, "")));
        Map("subnets", "Subnets", "Subnets", found => found.Subnets.Select(Subnet));
        Map("tags", "Tags", "Tags", found => found.Tags.Select(tag => new MaasTag(tag, "", "", "", "")));
        properties.MapPost("/overlords/maas/{uid}/account/validate", ValidateOnGatewayAsync).WithName("v1OverlordsUidMaasAccountValidate");
        properties.MapPost("/clouds/maas/account/validate", ValidateAsync).WithName("V1MaasAccountValidate");

        void Map<T>(string path, string byAccount, string byCloud, Func<AccountProperties, IEnumerable<T>> pick)
        {
            properties.MapGet($"/cloudaccounts/maas/{{uid}}/properties/{path}", LookUpAsync).WithName($"v1MaasAccountsUid{byAccount}");
            properties.MapGet($"/clouds/maas/{path}", (
                    ConsoleDb db, Caller caller, PendingRequests requests, CancellationToken cancellationToken, string? cloudAccountUid = null) =>
                LookUpAsync(
                    cloudAccountUid is { Length: > 0 } uid ? uid : throw ApiError.Invalid("cloudAccountUid", "is missing; write the uid of a cloud account"),
                    db, caller, requests, cancellationToken)).WithName($"V1Maas{byCloud}Get");

            async Task<Ok<ItemList<T>>> LookUpAsync(
                string uid, ConsoleDb db, Caller caller, PendingRequests requests, CancellationToken cancellationToken)
            {
                var account = await db.GetAccountAsync(uid, caller, cancellationToken);
                var gateway = await db.GetGatewayAsync(account.GatewayUid, cancellationToken);
                var found = await requests.SendAsync<AccountProperties>(
                    gateway, id => new GatewayRequest.ListProperties(id, new AccountId(uid)), cancellationToken);
                return TypedResults.Ok(new ItemList<T>([.. pick(found)]));
            }
        }
    }

    private static async Task<NoContent> ValidateOnGatewayAsync(
        string uid, MaasAccountValidation body, ConsoleDb db, PendingRequests requests, CancellationToken cancellationToken)
    {
        await CheckOnAsync(await db.GetGatewayAsync(uid, cancellationToken), body.Account, "account.", requests, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ValidateAsync(
        MaasCloudAccount body, ConsoleDb db, PendingRequests requests, CancellationToken cancellationToken, string? overlordUid = null)
    {
        await CheckOnAsync(await GatewayChoice.ForAsync(db, overlordUid, "overlordUid", cancellationToken), body, "", requests, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task CheckOnAsync(
        GatewayRow gateway, MaasCloudAccount? account, string prefix, PendingRequests requests, CancellationToken cancellationToken)
    {
        var check = new Check();
        var endpoint = MaasKeys.Endpoint(check, prefix + "apiEndpoint", account?.ApiEndpoint);
        var key = MaasKeys.Key(check, prefix + "apiKey", account?.ApiKey);
        check.ThrowIfFailed();
        var sealedKey = SealedSecret.Seal(key!.Reveal(), gateway.SealingKey);
        await requests.SendAsync<AccountFacts>(
            gateway, id => new GatewayRequest.ValidateAccount(id, new SealedAccount(new AccountId(id), "", endpoint!.ToString(), sealedKey)), cancellationToken);
    }

    private static MaasSubnet Subnet(SubnetChoice subnet) => new(
        int.TryParse(subnet.Id, CultureInfo.InvariantCulture, out var id) ? id : 0,
        subnet.Name,
        Space: "",
        new MaasVlan(subnet.Fabric, int.TryParse(subnet.Vlan, CultureInfo.InvariantCulture, out var vlan) ? vlan : 0, subnet.Vlan),
        subnet.Cidr);
}
