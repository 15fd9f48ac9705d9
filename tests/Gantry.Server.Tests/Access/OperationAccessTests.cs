using System.Reflection;
using System.Text.Json;
using Gantry.Api;
using Gantry.Protocol;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Access;

/// <summary>
/// Every operation of the OpenAPI document, called by every kind of caller that it must refuse. A new operation is covered
/// without a change here, unless its route has a new parameter.
/// </summary>
public sealed class OperationAccessTests(TwoTenants world) : IClassFixture<TwoTenants>
{
    [Fact]
    public async Task The_document_lists_every_operation_and_only_the_known_ones_are_open_to_all()
    {
        var listed = await PublicOperation.AllAsync(world.Console);

        Assert.Equal(
            Operations.All.Select(operation => operation.Name).Order(),
            listed.Select(operation => operation.Id).Order()
        );
        Assert.Equal(
            PublicOperation.Open.Order(),
            Operations.All.Where(operation => operation.Permission.AllowsAnonymous).Select(operation => operation.Name).Order()
        );
    }

    [Fact]
    public async Task An_operation_is_refused_without_a_valid_credential()
    {
        var before = await world.RowsAsync();
        List<string> wrong = [];
        foreach (var operation in (await PublicOperation.AllAsync(world.Console)).Where(operation => !operation.IsOpen))
        {
            foreach (var caller in world.Refused)
            {
                var (status, code, text) = await SendAsync(caller, operation);
                if (
                    status is not 401
                    || code is not "InvalidCredentials"
                    || !text.Contains(caller.Refusal, StringComparison.Ordinal)
                )
                {
                    wrong.Add($"{operation} by {caller.Name}: {status} {text}");
                }

                wrong.AddRange(Leaks(operation, caller, text));
            }
        }

        Assert.Equal("", string.Join('\n', wrong));
        Assert.Equal(before, await world.RowsAsync());
    }

    [Fact]
    public async Task An_object_of_another_tenant_is_answered_as_if_it_did_not_exist()
    {
        var before = await world.RowsAsync();
        List<string> wrong = [];

        // A refused sign-in is in the audit.
        foreach (var operation in (await PublicOperation.AllAsync(world.Console)).Where(one => one.Id is not "v1Authenticate"))
        {
            wrong.AddRange(
                await TryAsync(world.OfAnotherTenant, operation, isHidden: operation is { NamesObject: true, IsOpen: false })
            );
        }

        Assert.Equal("", string.Join('\n', wrong));
        Assert.Equal(before, await world.RowsAsync());
    }

    [Fact]
    public async Task An_object_of_another_project_is_answered_as_if_it_did_not_exist()
    {
        var before = await world.RowsAsync();
        List<string> wrong = [];

        // Projects, gateways and API keys belong to the tenant, so callers of every project may change them; a refused sign-in
        // is in the audit.
        foreach (
            var operation in (await PublicOperation.AllAsync(world.Console))
                .Where(operation => !operation.NamesObject || operation.NamesObjectOfProject)
                .Where(operation => operation.Id is not ("v1OverlordsPairingCode" or "v1AuthRefresh" or "v1Authenticate"))
        )
        {
            wrong.AddRange(await TryAsync(world.OfAnotherProject, operation, isHidden: operation.NamesObjectOfProject));
        }

        Assert.Equal("", string.Join('\n', wrong));
        Assert.Equal(before, await world.RowsAsync());
    }

    [Fact]
    public async Task The_same_objects_are_there_for_callers_of_their_project()
    {
        List<string> wrong = [];
        foreach (
            var operation in (await PublicOperation.AllAsync(world.Console)).Where(operation =>
                operation is { Method: "GET", NamesObject: true, IsOpen: false } && !NeedsGateway(operation)
            )
        )
        {
            var (status, code, text) = await SendAsync(world.OfTheProject, operation);
            if (status is not 200 && code is not ("BackupNotConfigured" or "ResourceNotFound"))
            {
                wrong.Add($"{operation}: {status} {text}");
            }

            if (text.Contains($"'{world.Cluster}' in this scope", StringComparison.Ordinal))
            {
                wrong.Add($"{operation}: {text}");
            }
        }

        Assert.Equal("", string.Join('\n', wrong));
    }

    [Fact]
    public async Task A_project_of_another_tenant_cannot_be_entered()
    {
        var caller = world.OfAnotherTenant with { Project = world.World.Project };
        foreach (var operation in (await PublicOperation.AllAsync(world.Console)).Where(operation => !operation.IsOpen))
        {
            var (status, code, text) = await SendAsync(caller, operation);

            Assert.True((status, code) is (404, "ResourceNotFound"), $"{operation}: {status} {text}");
        }
    }

    [Fact]
    public async Task A_user_is_refused_on_gateway_endpoints()
    {
        string[] paths =
        [
            .. typeof(GatewayPaths)
                .GetFields(BindingFlags.Public | BindingFlags.Static)
                .Where(field => field.IsLiteral && field.FieldType == typeof(string))
                .Select(field => (string)field.GetValue(null)!)
                .Where(path => path.StartsWith('/') && path != GatewayPaths.Pair),
        ];
        Assert.NotEmpty(paths);
        var before = await world.RowsAsync();
        foreach (var path in paths)
        {
            foreach (
                var caller in world
                    .Refused.Where(one => one.Sign is null)
                    .Append(world.OfTheProject)
                    .Append(world.OfAnotherTenant)
            )
            {
                using var request = caller.Request("POST", path, new { since = 0, waitSeconds = 0 });
                request.Headers.Add(ProtocolContract.Header, $"{ProtocolContract.Version}");
                using var response = await world.Anonymous.SendAsync(request);

                await TestConsole.ReadAsync(response, 401);
            }
        }

        Assert.Equal(before, await world.RowsAsync());
    }

    private static bool NeedsGateway(PublicOperation operation) =>
        operation.Route.Contains("/properties/", StringComparison.Ordinal)
        || operation.Route.Contains("kubeconfig", StringComparison.OrdinalIgnoreCase)
        || operation.Id is "QuarantinedMachines" or "ExplainCluster" or "v1SpectroClustersK8Certificate";

    private async Task<IReadOnlyList<string>> TryAsync(ApiCaller caller, PublicOperation operation, bool isHidden)
    {
        var (status, code, text) = await SendAsync(caller, operation);
        var isWrong = isHidden ? (status, code) is not (404, "ResourceNotFound") : status >= 500;
        return isWrong
            ? [$"{operation} by {caller.Name}: {status} {text}", .. Leaks(operation, caller, text)]
            : [.. Leaks(operation, caller, text)];
    }

    private async Task<(int Status, string? Code, string Text)> SendAsync(ApiCaller caller, PublicOperation operation)
    {
        using var request = caller.Request(operation.Method, operation.Path(world), operation.Body(world));
        using var response = await world.Anonymous.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var code =
            !response.IsSuccessStatusCode && text.StartsWith('{')
                ? JsonSerializer.Deserialize<JsonElement>(text).GetProperty("code").GetString()
                : null;
        return ((int)response.StatusCode, code, text);
    }

    // The answer may quote the request.
    private IEnumerable<string> Leaks(PublicOperation operation, ApiCaller caller, string text)
    {
        var said = operation.Path(world) + JsonSerializer.Serialize(operation.Body(world));
        return world
            .Secrets.Where(secret =>
                text.Contains(secret, StringComparison.Ordinal) && !said.Contains(secret, StringComparison.Ordinal)
            )
            .Select(secret => $"{operation} by {caller.Name} tells '{secret}': {text}");
    }
}
