using System.Text.Json;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.CloudAccounts;

/// <summary>A cloud account after a JSON patch, as the update that makes it so. Pure.</summary>
internal static class AccountPatch
{
    /// <exception cref="ApiException">Status 400 with the place of the operation, or the field that an account does not
    /// have.</exception>
    public static MaasAccountEntity Apply(AccountRow row, IReadOnlyList<HttpPatch> operations)
    {
        var known = new MaasAccountEntity(
            new ObjectMeta
            {
                Name = row.Name,
                Labels = StoreJson.Read<Dictionary<string, string>>(row.LabelsJson),
                Annotations = StoreJson.Read<Dictionary<string, string>>(row.AnnotationsJson),
            },
            new MaasCloudAccount(row.Endpoint, ApiKey: null, StoreJson.Read<string[]>(row.PreferredSubnetsJson), row.CaPem ?? "")
        );
        var patched = JsonPatch.Apply(JsonSerializer.SerializeToNode(known, ApiJson.Options)!.AsObject(), operations);
        var check = new Check();
        foreach (var problem in RequestFields.Unknown(JsonSerializer.SerializeToElement(patched), typeof(MaasAccountEntity)))
        {
            check.Problem(problem.Field, problem.Message);
        }

        check.ThrowIfFailed();
        var after = JsonPlace.Read<MaasAccountEntity>(patched, field: "");
        check.That(!string.IsNullOrEmpty(after.Metadata?.Name), "metadata.name", "cannot be removed");
        check.That(!string.IsNullOrEmpty(after.Spec?.ApiEndpoint), "spec.apiEndpoint", "cannot be removed");
        check.ThrowIfFailed();

        // In an update, an absent CA is the known one.
        return after with
        {
            Spec = after.Spec! with { CaCert = after.Spec.CaCert ?? "" },
        };
    }
}
