using System.Net;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Tests.Region.Sessions;

/// <summary><c>maas login</c>: the description first, then the key.</summary>
public sealed class LoginTests : SessionTests
{
    private static readonly HttpClient Anybody = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_login_reads_the_description_without_a_key_and_then_asks_who_it_is()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));

        var me = await api.CallAsync("Users", "whoami", Everything);

        Assert.Equal("admin", (string)me!["username"]!);
        Assert.True((bool)me["is_superuser"]!);
        Assert.Equal(api.Hash, api.LastHash);
    }

    [Theory]
    [InlineData("nobody:token:secret", "Authorization Error: Invalid API key.")]
    [InlineData("labconsumer1111111:token:secret", "Authorization Error: 'Invalid access token: token'")]
    public async Task A_login_with_a_wrong_key_reads_the_description_and_is_refused(string key, string says)
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, key);

        var (status, text) = await api.TryAsync("Users", "whoami", Everything);

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.StartsWith(says, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_by_password_gets_a_key_of_its_own_that_works()
    {
        var key = await AuthenticateAsync(("username", "admin"), ("password", "admin"), ("consumer", "laptop"));
        var again = await AuthenticateAsync(("username", "admin"), ("password", "admin"), ("consumer", "laptop"));

        Assert.Equal("laptop", (string)key["name"]!);
        Assert.Equal((string)key["token_key"]!, (string)again["token_key"]!);
        using var api = await DescribedApi.ConnectAsync(
            Lab.Url,
            $"{key["consumer_key"]}:{key["token_key"]}:{key["token_secret"]}"
        );
        Assert.Equal("admin", (string)(await api.CallAsync("Users", "whoami", Everything))!["username"]!);
    }

    [Fact]
    public async Task A_login_with_a_wrong_password_gets_no_key()
    {
        using var form = Form(("username", "admin"), ("password", "guess"));
        using var answer = await Anybody.PostAsync(DescribedApi.Below(Lab.Url, "accounts/authenticate/"), form, Cancelled);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_user_made_by_the_API_logs_in_with_the_given_password()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("admin"));
        await api.CallAsync(
            "Users",
            "create",
            Everything,
            ("username", "carol"),
            ("email", "carol@lab.example"),
            ("password", "s3cret"),
            ("is_superuser", "0")
        );

        var key = await AuthenticateAsync(("username", "carol"), ("password", "s3cret"));

        using var hers = await DescribedApi.ConnectAsync(
            Lab.Url,
            $"{key["consumer_key"]}:{key["token_key"]}:{key["token_secret"]}"
        );
        var me = await hers.CallAsync("Users", "whoami", Everything);
        Assert.False((bool)me!["is_superuser"]!);
    }

    [Fact]
    public async Task Keys_are_made_listed_named_and_deleted()
    {
        using var api = await DescribedApi.ConnectAsync(Lab.Url, Lab.KeyOf("alice"));
        var made = (await api.CallAsync("Account", "create_authorisation_token", Everything, ("name", "night job")))!;
        var key = $"{made["consumer_key"]}:{made["token_key"]}:{made["token_secret"]}";

        await api.CallAsync("Account", "list_authorisation_tokens", Everything);
        using (var second = await DescribedApi.ConnectAsync(Lab.Url, key))
        {
            var listed = (await second.CallAsync("Account", "list_authorisation_tokens", Everything))!.AsArray();
            Assert.Contains(listed, one => (string)one!["name"]! == "night job" && (string)one["token"]! == key);
            await api.CallAsync("Account", "delete_authorisation_token", Everything, ("token_key", (string)made["token_key"]!));

            var (status, _) = await second.TryAsync("Users", "whoami", Everything);
            Assert.Equal(HttpStatusCode.Unauthorized, status);
        }
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private async Task<JsonObject> AuthenticateAsync(params (string Name, string Value)[] fields)
    {
        using var form = Form(fields);
        using var answer = await Anybody.PostAsync(DescribedApi.Below(Lab.Url, "accounts/authenticate/"), form, Cancelled);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancelled))!.AsObject();
    }
}
