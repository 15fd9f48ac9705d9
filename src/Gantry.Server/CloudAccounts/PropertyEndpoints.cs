using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gantry.Server.CloudAccounts;

/// <summary>The choices in a MAAS region, and the test of an API key: both are requests to the gateway.</summary>
public static class PropertyEndpoints
{
    public static void MapCloudProperties(this IEndpointRouteBuilder routes)
    {
        Map(
            Operations.CloudAccounts.AzsOfAccount,
            Operations.CloudAccounts.ZonesOfCloud,
            found => found.Zones.Select(zone => new Described(zone.Name, ""))
        );
        Map(
            Operations.CloudAccounts.DomainsOfAccount,
            Operations.CloudAccounts.DomainsOfCloud,
            found => found.Domains.Select(domain => new MaasDomain(domain.Name))
        );
        Map(
            Operations.CloudAccounts.PoolsOfAccount,
            Operations.CloudAccounts.PoolsOfCloud,
            found => found.ResourcePools.Select(pool => new Described(pool.Name, ""))
        );
        Map(
            Operations.CloudAccounts.SubnetsOfAccount,
            Operations.CloudAccounts.SubnetsOfCloud,
            found => found.Subnets.Select(Subnet)
        );
        Map(
            Operations.CloudAccounts.TagsOfAccount,
            Operations.CloudAccounts.TagsOfCloud,
            found => found.Tags.Select(tag => new MaasTag(tag, "", "", "", ""))
        );
        routes.Map(Operations.CloudAccounts.ValidateOnGateway, ValidateOnGatewayAsync);
        routes.Map(Operations.CloudAccounts.Validate, ValidateAsync);

        void Map<T>(
            Operation<NoBody, ItemList<T>> ofAccount,
            Operation<NoBody, ItemList<T>> ofCloud,
            Func<AccountProperties, IEnumerable<T>> pick
        )
        {
            routes.Map(ofAccount, LookUpAsync);
            routes.Map(
                ofCloud,
                (RequestQuery query, ConsoleDb db, PendingRequests requests, CancellationToken cancellationToken) =>
                    LookUpAsync(
                        query.Text(QueryParameters.CloudAccountUid) is { Length: > 0 } uid
                            ? uid
                            : throw ApiError.Invalid("cloudAccountUid", "is missing; write the uid of a cloud account"),
                        db,
                        requests,
                        cancellationToken
                    )
            );

            async Task<Ok<ItemList<T>>> LookUpAsync(
                string uid,
                ConsoleDb db,
                PendingRequests requests,
                CancellationToken cancellationToken
            )
            {
                var account = await db.GetAccountAsync(uid, cancellationToken);
                var gateway = await db.GetGatewayAsync(account.GatewayUid, cancellationToken);
                var found = await requests.SendAsync<AccountProperties>(
                    gateway,
                    id => new GatewayRequest.ListProperties(id, new AccountId(uid)),
                    cancellationToken
                );
                return TypedResults.Ok(new ItemList<T>([.. pick(found)]));
            }
        }
    }

    private static async Task<NoContent> ValidateOnGatewayAsync(
        string uid,
        MaasAccountValidation body,
        ConsoleDb db,
        PendingRequests requests,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var facts = await CheckOnAsync(
            await db.GetGatewayAsync(uid, cancellationToken),
            body.Account,
            "account.",
            requests,
            cancellationToken
        );
        Warnings.Write(http.Response, facts.Warning is { } warning ? [warning] : []);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ValidateAsync(
        MaasCloudAccount body,
        RequestQuery query,
        ConsoleDb db,
        PendingRequests requests,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var facts = await CheckOnAsync(
            await GatewayChoice.ForAsync(
                db,
                query.Text(QueryParameters.OverlordUid),
                QueryParameters.OverlordUid.Name,
                cancellationToken
            ),
            body,
            "",
            requests,
            cancellationToken
        );
        Warnings.Write(http.Response, facts.Warning is { } warning ? [warning] : []);
        return TypedResults.NoContent();
    }

    private static async Task<AccountFacts> CheckOnAsync(
        GatewayRow gateway,
        MaasCloudAccount? account,
        string prefix,
        PendingRequests requests,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var endpoint = MaasKeys.Endpoint(check, prefix + "apiEndpoint", account?.ApiEndpoint);
        var key = MaasKeys.Key(check, prefix + "apiKey", account?.ApiKey);
        var ca = MaasKeys.Ca(check, prefix + "caCert", account?.CaCert);
        check.ThrowIfFailed();
        var destination = MaasKeys.Destination(endpoint!, ca);
        var sealedKey = destination.Seal(key!.Reveal(), gateway.SealingKey);
        return await requests.SendAsync<AccountFacts>(
            gateway,
            id => new GatewayRequest.ValidateAccount(
                id,
                new SealedAccount(new AccountId(id), "", destination.Endpoint, sealedKey, destination.CaPem)
            ),
            cancellationToken
        );
    }

    private static MaasSubnet Subnet(SubnetChoice subnet) =>
        new(
            int.TryParse(subnet.Id, CultureInfo.InvariantCulture, out var id) ? id : 0,
            subnet.Name,
            Space: "",
            new MaasVlan(
                subnet.Fabric,
                int.TryParse(subnet.Vlan, CultureInfo.InvariantCulture, out var vlan) ? vlan : 0,
                subnet.Vlan
            ),
            subnet.Cidr
        );
}
