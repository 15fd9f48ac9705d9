using System.Net.Http.Json;
using Gantry.Server.Tests.Hosting;
using Gantry.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Api;

public sealed class ApiKeyTests
{
    [Fact]
    public async Task A_key_works_until_it_is_deactivated_expired_or_deleted()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var console = await TestConsole.StartAsync(time);
        var created = await console.PostAsync(
            "/v1/apiKeys",
            new { metadata = new { name = "ci" }, spec = new { expiry = time.GetUtcNow().AddDays(1).ToString("O") } }
        );
        var uid = created.GetProperty("uid").GetString();
        using var client = console.NewClient();
        client.DefaultRequestHeaders.Add("Apikey", created.GetProperty("apiKey").GetString());
        await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 200);

        await console.PutAsync($"/v1/apiKeys/{uid}/state", new { isActive = false });
        await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 401);
        using var patched = await console.Client.PatchAsJsonAsync($"/v1/apiKeys/{uid}", new { isActive = true });
        Assert.Equal(204, (int)patched.StatusCode);
        await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 200);

        time.Advance(TimeSpan.FromDays(2));
        var expired = await TestConsole.ReadAsync(await client.GetAsync("/v1/users/info"), 401);
        Assert.Contains("expired", expired.GetProperty("message").GetString());

        await console.DeleteAsync($"/v1/apiKeys/{uid}");
        await console.DeleteAsync($"/v1/apiKeys/{uid}", 404);
        Assert.DoesNotContain(
            created.GetProperty("apiKey").GetString()!,
            (await console.GetAsync("/v1/apiKeys")).GetRawText(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_session_ends_after_a_quarter_of_an_hour_or_when_it_is_revoked()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var console = await TestConsole.StartAsync(time);
        var token = await LogInAsync(console);
        Assert.Equal(200, await StatusAsync(console, token));
        time.Advance(TimeSpan.FromMinutes(14));
        var renewed = (await console.GetAsync($"/v1/auth/refresh/{token}")).GetProperty("Authorization").GetString()!;
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(401, await StatusAsync(console, token));
        Assert.Equal(200, await StatusAsync(console, renewed));

        await console.PostAsync("/v1/users/auth/tokens/revoke", new { tokens = new[] { renewed } }, 204);
        Assert.Equal(401, await StatusAsync(console, renewed));
    }

    [Fact]
    public async Task A_renewed_session_ends_with_the_one_that_it_renews_also_after_the_store_is_cleaned()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var log = new LogLines();
        await using var console = await TestConsole.StartAsync(time, logs: log);
        time.Advance(TimeSpan.FromMinutes(44));
        var first = await LogInAsync(console);
        time.Advance(TimeSpan.FromMinutes(6));
        var renewed = (await console.GetAsync($"/v1/auth/refresh/{first}")).GetProperty("Authorization").GetString()!;

        await console.PostAsync("/v1/users/auth/tokens/revoke", new { tokens = new[] { first } }, 204);

        Assert.Equal(401, await StatusAsync(console, renewed));
        await TestConsole.ReadAsync(await console.Client.GetAsync($"/v1/auth/refresh/{renewed}"), 401);

        // The first token would have ended in the 59th minute, the renewed one in the 65th; the store is cleaned in the 60th.
        time.Advance(TimeSpan.FromMinutes(11));
        await Eventually.HoldsAsync(() =>
            Assert.Contains(log.Lines, line => line.Contains("rows of the store were removed", StringComparison.Ordinal))
        );
        Assert.Equal(401, await StatusAsync(console, renewed));
        await TestConsole.ReadAsync(await console.Client.GetAsync($"/v1/auth/refresh/{renewed}"), 401);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer()
    {
        await using var console = await TestConsole.StartAsync();
        using var nobody = console.NewClient();
        List<string?> messages = [];
        foreach (var email in new[] { console.Host.Bootstrap!.AdminEmail, "nobody@example.com" })
        {
            var refused = await TestConsole.ReadAsync(
                await nobody.PostAsJsonAsync("/v1/auth/authenticate", new { emailId = email, password = "guess" }),
                401
            );
            messages.Add(refused.GetProperty("message").GetString());
        }

        Assert.Equal(messages[0], messages[1]);
    }

    [Fact]
    public async Task Projects_are_made_renamed_and_deleted_and_keep_their_clusters_apart()
    {
        await using var world = await World.MakeAsync();
        await world.CreateClusterAsync("demo");
        var other = (await world.Console.PostAsync("/v1/projects", new { metadata = new { name = "other" } }))
            .GetProperty("uid")
            .GetString()!;
        await world.Console.PostAsync("/v1/projects", new { metadata = new { name = "other" } }, 409);
        await world.Console.PutAsync($"/v1/projects/{other}", new { metadata = new { name = "another" } });
        await world.Console.DeleteAsync($"/v1/projects/{world.Project}", 409);

        using var there = world.Console.NewClient();
        there.DefaultRequestHeaders.Add("ApiKey", world.Console.ApiKey);
        there.DefaultRequestHeaders.Add("ProjectUid", other);
        var none = await TestConsole.ReadAsync(await there.PostAsJsonAsync("/v1/dashboard/spectroclusters/search", new { }), 200);
        Assert.Equal("[]", none.GetProperty("items").GetRawText());
        await world.Console.DeleteAsync($"/v1/projects/{other}");
        await TestConsole.ReadAsync(await there.GetAsync("/v1/users/info"), 404);
    }

    private static async Task<string> LogInAsync(TestConsole console)
    {
        using var nobody = console.NewClient();
        using var answer = await nobody.PostAsJsonAsync(
            "/v1/auth/authenticate",
            new
            {
                emailId = console.Host.Bootstrap!.AdminEmail,
                password = console.Host.Bootstrap.AdminPassword,
                org = "",
            }
        );
        Assert.Contains("HttpOnly", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
        return (await TestConsole.ReadAsync(answer, 200)).GetProperty("Authorization").GetString()!;
    }

    private static async Task<int> StatusAsync(TestConsole console, string token)
    {
        using var client = console.NewClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", token);
        using var answer = await client.GetAsync("/v1/users/info");
        return (int)answer.StatusCode;
    }
}
