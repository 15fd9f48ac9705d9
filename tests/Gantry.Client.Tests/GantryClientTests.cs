using System.Net;
using System.Security.Authentication;
using Gantry.Api;

namespace Gantry.Client.Tests;

public sealed class GantryClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parameters_go_into_the_route_and_the_rest_into_the_query()
    {
        var console = new RecordedConsole(
            (HttpStatusCode.OK, """{"asked":3,"fit":1,"canRoll":false,"freeBefore":2,"freeAfter":0,"limits":[]}""")
        );
        using var client = console.Client;

        var answer = await client.CallAsync(
            Operations.Plans.WhatIf,
            [("uid", "a/b"), ("count", "3"), ("left", null)],
            null,
            Cancel
        );

        Assert.Equal("POST /base/v1/spectroclusters/a%2Fb/whatIf?count=3", Assert.Single(console.Calls));
        Assert.Equal(1, answer.Fit);
    }

    [Fact]
    public async Task A_missing_route_parameter_is_an_error_of_the_caller_and_nothing_is_sent()
    {
        var console = new RecordedConsole();
        using var client = console.Client;

        await Assert.ThrowsAsync<ArgumentException>(() => client.CallAsync(Operations.Clusters.Get, [], Cancel));

        Assert.Empty(console.Calls);
    }

    [Fact]
    public async Task A_parameter_that_the_operation_does_not_have_is_an_error_of_the_caller_and_nothing_is_sent()
    {
        var console = new RecordedConsole();
        using var client = console.Client;

        await Assert.ThrowsAsync<ArgumentException>(() =>
            client.CallAsync(Operations.Clusters.Get, [("uid", "c"), ("drain", "true")], Cancel)
        );

        Assert.Empty(console.Calls);
    }

    [Fact]
    public async Task A_project_is_found_by_name_and_sent_with_later_calls()
    {
        const string projects =
            """{"items":[{"metadata":{"name":"Default","uid":"p1"}},{"metadata":{"name":"edge","uid":"p2"}}]}""";
        var console = new RecordedConsole((HttpStatusCode.OK, projects), (HttpStatusCode.NoContent, ""));
        using var client = console.Client;

        Assert.Null(await client.UseProjectAsync("edge", Cancel));
        await client.CallAsync(Operations.Clusters.DismissResidue, [("uid", "c")], Cancel);

        Assert.Equal([null, "p2"], console.Projects);
    }

    [Fact]
    public async Task An_unknown_project_is_refused_with_the_known_ones()
    {
        var console = new RecordedConsole((HttpStatusCode.OK, """{"items":[{"metadata":{"name":"Default","uid":"p1"}}]}"""));
        using var client = console.Client;

        Assert.Equal(["Default"], await client.UseProjectAsync("edge", Cancel));
        Assert.Null(client.ProjectUid);
    }

    [Fact]
    public async Task A_list_is_read_to_its_last_page()
    {
        const string first =
            """{"items":[{"metadata":{"name":"a","uid":"1"}}],"listmeta":{"continue":"n+1","count":2,"limit":1,"offset":0}}""";
        const string last =
            """{"items":[{"metadata":{"name":"b","uid":"2"}}],"listmeta":{"continue":"","count":2,"limit":1,"offset":1}}""";
        var console = new RecordedConsole((HttpStatusCode.OK, first), (HttpStatusCode.OK, last));
        using var client = console.Client;

        var names = await client
            .ListAsync(Operations.Projects.ListMetadata, [("limit", "1")], Cancel)
            .Select(project => project.Metadata.Name)
            .ToListAsync(Cancel);

        Assert.Equal(["a", "b"], names);
        Assert.Equal("GET /base/v1/dashboard/projects/metadata?limit=1&continue=n%2B1", console.Calls[1]);
    }

    [Fact]
    public async Task A_body_is_written_in_the_JSON_of_the_contract()
    {
        var console = new RecordedConsole((HttpStatusCode.NoContent, ""));
        using var client = console.Client;

        await client.CallAsync(
            Operations.Gateways.Rename,
            [("uid", "g")],
            new MetadataInput(new ObjectMeta { Name = "north" }),
            Cancel
        );

        Assert.Equal("""{"metadata":{"name":"north"}}""", Assert.Single(console.Bodies));
    }

    [Fact]
    public async Task A_refusal_carries_status_code_message_and_fields()
    {
        const string error =
            """{"code":"InvalidInput","message":"wrong","details":{"fields":[{"field":"size","message":"2 is even"}]},"ref":"r"}""";
        using var client = new RecordedConsole((HttpStatusCode.BadRequest, error)).Client;

        var refused = await Assert.ThrowsAsync<ApiException>(() =>
            client.CallAsync(Operations.Clusters.Get, [("uid", "c")], Cancel)
        );

        Assert.Equal((HttpStatusCode.BadRequest, "InvalidInput", "wrong"), (refused.Status, refused.Code, refused.Message));
        Assert.Equal([new FieldError("size", "2 is even")], refused.Details);
    }

    [Fact]
    public async Task An_error_page_of_a_proxy_is_a_refusal_without_a_code()
    {
        using var client = new RecordedConsole((HttpStatusCode.BadGateway, "<html>no way</html>")).Client;

        var refused = await Assert.ThrowsAsync<ApiException>(() =>
            client.CallAsync(Operations.Clusters.Get, [("uid", "c")], Cancel)
        );

        Assert.Null(refused.Code);
        Assert.Contains("502", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_not_JSON_is_reported_as_not_from_a_console()
    {
        using var client = new RecordedConsole((HttpStatusCode.OK, "<html>welcome</html>")).Client;

        var failure = await Assert.ThrowsAsync<UnreachableException>(() =>
            client.CallAsync(Operations.Clusters.Get, [("uid", "c")], Cancel)
        );

        Assert.Equal(UnreachableReason.NotAConsole, failure.Reason);
    }

    public static TheoryData<Exception, UnreachableReason> Failures =>
        new()
        {
            { new HttpRequestException("refused"), UnreachableReason.NoConnection },
            {
                new HttpRequestException("tls", new AuthenticationException("untrusted")),
                UnreachableReason.CertificateNotTrusted
            },
            { new TaskCanceledException("too long"), UnreachableReason.TimedOut },
        };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_failed_connection_is_reported_with_its_reason(Exception failure, UnreachableReason expected)
    {
        using var client = new GantryClient(
            new GantryClientOptions(new Uri("https://console.example"), "key"),
            new BrokenConnection(failure)
        );

        var seen = await Assert.ThrowsAsync<UnreachableException>(() =>
            client.CallAsync(Operations.Clusters.Get, [("uid", "c")], Cancel)
        );

        Assert.Equal(expected, seen.Reason);
        Assert.DoesNotContain("key", seen.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_do_not_print_the_key() =>
        Assert.Equal(
            "https://console.example/",
            new GantryClientOptions(new Uri("https://console.example"), "secret-key").ToString()
        );

    [Fact]
    public void An_unreadable_ca_file_fails_at_once() =>
        Assert.ThrowsAny<IOException>(() =>
            new GantryClient(new GantryClientOptions(new Uri("https://console.example"), "key") { CaFile = "/no/such/file.pem" })
        );
}
